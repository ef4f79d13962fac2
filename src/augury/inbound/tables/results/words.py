from collections.abc import Callable
from dataclasses import dataclass

from augury.domain.row_errors import RowError, RowWarning


@dataclass(frozen=True, slots=True)
class Words:
    """How errors and warnings are worded."""

    error: Callable[[RowError], str]
    warning: Callable[[RowWarning], str]
