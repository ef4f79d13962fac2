"""Reads a process's settings before its libraries are loaded, which takes seconds of a processor's time.

So a wrong or missing setting is refused at once, also when a supervisor starts the process again and again.
Settings whose modules load such libraries are only read later. `augury bot` does the same in `bot.py`.
"""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Literal

from augury.application.limits import Limits
from augury.bootstrap.config import ProcessSettings, SettingError, is_set, read
from augury.bootstrap.process import process_settings
from augury.outbound.postgres.settings import PostgresSettings


def require_library(name: str) -> None:
    """Find the library without loading it. Raises `ModuleNotFoundError` in an image that does not have it,
    whatever the settings are."""
    if find_spec(name) is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def refuse_wrong_settings(
    process: Literal["api", "deliver", "up", "worker"], options: Mapping[str, Any]
) -> None:
    """Raises `SettingError`. `options` are those of the command line."""
    try:
        for each in (ProcessSettings, *_settings_of(process)):
            read(each)
    except SettingError:
        process_settings(**options)  # names unknown variables, one of which may be meant
        raise


def _settings_of(process: str) -> Sequence[type]:
    """Settings that the process cannot do without, or that have defaults. Imported here, because each process
    needs others."""
    match process:
        case "api":
            return *_broker(), PostgresSettings, *_web(), Limits
        case "worker":
            return *_work(), *_broker(), PostgresSettings, Limits
        case "deliver":
            return *_webhooks(), PostgresSettings, Limits
        case _:
            database = [PostgresSettings] if is_set("AUGURY_DATABASE_URL") else []
            broker = _broker() if is_set("AUGURY_RABBITMQ_URL") else ()
            return *_work(), *_telegram(), *_web(), *_webhooks(), *broker, *database, Limits


def _broker() -> Sequence[type]:
    from augury.outbound.rabbitmq.publisher import RabbitSettings

    return (RabbitSettings,)


def _work() -> Sequence[type]:
    from augury.inbound.worker.runner import WorkerSettings

    return (WorkerSettings,)


def _web() -> Sequence[type]:
    from augury.application.webhooks.settings import WebhookSettings
    from augury.inbound.http.settings import HttpSettings
    from augury.inbound.mcp.settings import McpSettings
    from augury.inbound.web.settings import WebSettings

    return HttpSettings, WebSettings, McpSettings, WebhookSettings


def _webhooks() -> Sequence[type]:
    from augury.application.webhooks.settings import WebhookSettings
    from augury.inbound.deliverer.settings import DelivererSettings

    return WebhookSettings, DelivererSettings


def _telegram() -> Sequence[type]:
    from augury.inbound.telegram.settings import TelegramSettings

    return (TelegramSettings,)
