"""Logs: one line per event, as text on standard error or as JSON on standard output."""

import io
import logging
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import TextIO

from typing_extensions import override

from augury.bootstrap.config import ProcessSettings

_CHATTY = ("faststream", "httpx", "mcp", "uvicorn", "alembic")

_RETOLD = ("aio_pika", "aiormq")
"""Libraries whose errors our own code logs: one line when an outage begins, not one per attempt."""


_log = logging.getLogger("python")

_SEPARATORS = {0x2028: "\\u2028", 0x2029: "\\u2029"}
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | _SEPARATORS
_WITHIN_LINES = {code: escape for code, escape in _CONTROL.items() if chr(code) not in "\t\n"}
_LEFT_BY_JSON = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)} | _SEPARATORS
"""Characters that JSON does not escape, but that terminals obey or that some readers take for line ends."""


class TextLines(logging.Formatter):
    """One line per event. Text from callers cannot add lines or move the reader's cursor. A traceback follows
    below."""

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        return super().formatMessage(record).translate(_CONTROL)

    @override
    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).translate(_WITHIN_LINES)


class JsonLines(logging.Formatter):
    """One object per event. It never fails, since the error would be printed in lines that are not JSON."""

    def __init__(self) -> None:
        super().__init__()
        # Not at the top, because logs as text do not need it; not later, because nothing can be imported at
        # exit.
        import msgspec

        self._encode = msgspec.json.encode

    @override
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            encoded = self._encode(line)
        except UnicodeEncodeError:  # half of a surrogate pair, as in a file name that is not UTF-8
            line = {name: text.encode(errors="backslashreplace").decode() for name, text in line.items()}
            encoded = self._encode(line)
        return encoded.decode().translate(_LEFT_BY_JSON)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # a caller's arguments may raise anything
        return f"{record.msg} {record.args!r}"


class JsonHandler(logging.StreamHandler[TextIO]):
    @override
    def handleError(self, record: logging.LogRecord) -> None:
        """Do nothing: if a line cannot be written, the reason cannot be written either."""


class PrintedLines(io.StringIO):
    """Replaces `sys.stdout` or `sys.stderr`, and logs what is printed, line by line."""

    def __init__(self, name: str, level: int) -> None:
        super().__init__()
        self._log = logging.getLogger(name)
        self._level = level
        self._begun = ""

    @override
    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in filter(str.strip, lines):
            self._log.log(self._level, line)
        return len(text)


def configure_logs(settings: ProcessSettings) -> None:
    """Set up the logs. Call this after all imports, because it removes the handlers of libraries."""
    level = settings.log_level.upper()
    if settings.log_format == "json":
        _log_json(level)
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(TextLines("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
        logging.basicConfig(level=level, handlers=[handler], force=True)
    for logger in logging.root.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.handlers.clear()
            logger.propagate = True
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    for name in _RETOLD:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _log_json(level: str) -> None:
    handler = JsonHandler(sys.__stdout__)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)


def log_what_is_printed() -> None:
    """Turn all output of this process into JSON lines: prints, warnings and uncaught exceptions. Call this
    first, since imports may also print."""
    _log_json("WARNING")
    sys.stdout, sys.stderr = PrintedLines("stdout", logging.INFO), PrintedLines("stderr", logging.ERROR)
    logging.captureWarnings(True)
    sys.excepthook, sys.unraisablehook, threading.excepthook = _uncaught, _unraisable, _in_thread


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _log.critical("uncaught exception", exc_info=(kind, error, trace))


def _unraisable(told: "sys.UnraisableHookArgs") -> None:
    with suppress(Exception):  # at exit the interpreter may have removed what this needs
        _log.error("%s %r", told.err_msg or "exception ignored in", told.object, exc_info=told.exc_value)


def _in_thread(told: threading.ExceptHookArgs) -> None:
    _log.error("a thread failed", exc_info=told.exc_value)
