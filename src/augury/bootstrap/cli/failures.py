"""What the command line says of an error: one line, for whatever a person can mend."""

import errno

from augury.application.ports import Unavailable
from augury.bootstrap.config import OperatorError
from augury.domain.errors import DomainError
from augury.outbound.postgres.schema_version import SchemaMismatch

HAS = {"aiogram": "telegram-bot", "catboost": "ml-worker", "litestar": "app", "numpy": "ml-worker"}
"""The service whose image has what others do without."""


def line_about(error: Exception) -> str | None:
    """None where it is a fault of the program: its traceback is to be shown."""
    if isinstance(error, DomainError):
        if (reason := getattr(error, "reason", None)) is not None:
            return f"{str(error).removesuffix('.')}: {reason}"
        facts = ", ".join(f"{name} {value}" for name, value in vars(error).items())
        return f"{error}" + (f" ({facts})" if facts else "")
    if isinstance(error, OperatorError | SchemaMismatch | Unavailable):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        library = (error.name or "").partition(".")[0]
        return f"not in this image: {library}; that of {HAS[library]} has it" if library in HAS else None
    if isinstance(error, OSError) and error.filename is not None:  # of a file: no right, no space, not there
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):  # of what is printed
        return f"the output cannot be written: {error.strerror}"
    return None
