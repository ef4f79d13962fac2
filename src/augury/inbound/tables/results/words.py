from collections.abc import Callable
from dataclasses import dataclass

from augury.domain.row_errors import RowError, RowWarning


@dataclass(frozen=True, slots=True)
class ResultWords:
    """How errors and warnings are worded, and what our own columns are called."""

    error: Callable[[RowError], str]
    warning: Callable[[RowWarning], str]
    row_name: str = "row"
    error_name: str = "error"
    warning_name: str = "warning"
