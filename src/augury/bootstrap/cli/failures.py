"""The command line's one-line messages for errors that a person can fix."""

import errno

from augury.application.ports import Unavailable
from augury.bootstrap.config import OperatorError
from augury.domain.errors import DomainError
from augury.outbound.postgres.schema_version import SchemaMismatch

HAS = {
    "aiogram": "telegram-bot",
    "aiohttp": "app",
    "catboost": "ml-worker",
    "litestar": "app",
    "numpy": "ml-worker",
}
"""The service whose image has the library; other images do not."""

_WORDS = {"least": "at least", "most": "at most", "retry_after": "seconds to wait:"}
"""Words for the fields of errors whose names alone do not say enough."""


def line_about(error: Exception) -> str | None:
    """The message, or None for a bug of the program, whose traceback must be shown."""
    if isinstance(error, DomainError):
        if (reason := getattr(error, "reason", None)) is not None:
            return f"{str(error).removesuffix('.')}: {reason}"
        facts = ", ".join(f"{_WORDS.get(name, name)} {value}" for name, value in vars(error).items())
        return f"{str(error).removesuffix('.')} ({facts})" if facts else str(error)
    if isinstance(error, OperatorError | SchemaMismatch | Unavailable):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        library = (error.name or "").partition(".")[0]
        return f"this image has no {library}: use the image of {HAS[library]}" if library in HAS else None
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):  # while printing
        return f"the output cannot be written: {error.strerror}"
    return None
