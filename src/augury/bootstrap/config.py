"""Builds settings from the environment. Each part of Augury declares its settings as a frozen dataclass.

The field `max_rows` is the variable `AUGURY_MAX_ROWS`, unless the table `NAMES` has a clearer name for it. A
file with the value can be given instead: `AUGURY_SECRET_KEY_FILE=/run/secrets/key`.
"""

import dataclasses
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from augury.domain.text import is_storable

PREFIX = "AUGURY_"
MOST = 10**15
"""The largest whole number that a setting can have: the database and the libraries can hold it."""
MOST_CHARACTERS = 400
"""Characters of an error's line."""
Settings = TypeVar("Settings")


class OperatorError(Exception):
    """An error that the operator can fix. `str()` is one line that describes it."""


class SettingError(OperatorError):
    """A variable is missing or wrong. `str()` is one line that names it."""


NAMES = {
    ("PostgresSettings", "url"): "DATABASE_URL",
    ("PostgresSettings", "pool_size"): "DATABASE_POOL_SIZE",
    ("PostgresSettings", "read_connections"): "DATABASE_READ_CONNECTIONS",
    ("PostgresSettings", "read_timeout"): "DATABASE_READ_TIMEOUT",
    ("PostgresSettings", "pooler"): "DATABASE_POOLER",
    ("PostgresSettings", "connect_timeout"): "DATABASE_CONNECT_TIMEOUT",
    ("PostgresSettings", "statement_timeout"): "DATABASE_STATEMENT_TIMEOUT",
    ("RabbitSettings", "url"): "RABBITMQ_URL",
    ("JwtSettings", "secret"): "SECRET_KEY",
    ("JwtSettings", "lifetime"): "ACCESS_LIFETIME",
    ("HttpSettings", "flight"): "SUBMIT_BATCH",
    ("Limits", "api_keys"): "MAX_API_KEYS",
    ("Limits", "user_requests"): "USER_REQUESTS_PER_MINUTE",
    ("Limits", "key_requests"): "KEY_REQUESTS_PER_MINUTE",
    ("Limits", "guest_requests"): "GUEST_REQUESTS_PER_MINUTE",
    ("WorkerSettings", "max_batch"): "WORKER_BATCH",
    ("WorkerSettings", "prefetch"): "WORKER_PREFETCH",
    ("WorkerSettings", "grace"): "WORKER_GRACE",
    ("WorkerSettings", "retry_pause"): "WORKER_RETRY_PAUSE",
    ("CatBoostSettings", "threads"): "MODEL_THREADS",
    ("InspectorSettings", "memory"): "MODEL_CHECK_MEMORY",
    ("InspectorSettings", "threads"): "MODEL_CHECK_THREADS",
    ("InspectorSettings", "timeout"): "MODEL_CHECK_TIMEOUT",
    ("WorkerSettings", "check_models_every"): "MODEL_CHECK_EVERY",
    ("TrainerSettings", "memory"): "TRAINING_MEMORY",
    ("TrainerSettings", "threads"): "TRAINING_THREADS",
    ("PostgresSettings", "lock_timeout"): "DATABASE_LOCK_TIMEOUT",
    ("PostgresSettings", "idle_in_transaction_timeout"): "DATABASE_IDLE_IN_TRANSACTION_TIMEOUT",
    ("TelegramSettings", "token"): "TELEGRAM_TOKEN",
    ("TelegramSettings", "api_url"): "TELEGRAM_API_URL",
    ("TelegramSettings", "webhook_url"): "TELEGRAM_WEBHOOK_URL",
    ("TelegramSettings", "webhook_secret"): "TELEGRAM_WEBHOOK_SECRET",
    ("TelegramSettings", "webhook_host"): "TELEGRAM_WEBHOOK_HOST",
    ("TelegramSettings", "webhook_port"): "TELEGRAM_WEBHOOK_PORT",
    ("TelegramSettings", "poll_timeout"): "TELEGRAM_POLL_TIMEOUT",
    ("TelegramSettings", "request_timeout"): "TELEGRAM_REQUEST_TIMEOUT",
    ("TelegramSettings", "messages_per_minute"): "TELEGRAM_MESSAGES_PER_MINUTE",
    ("TelegramSettings", "max_file_bytes"): "TELEGRAM_MAX_FILE_BYTES",
    ("TelegramSettings", "max_result_bytes"): "TELEGRAM_MAX_RESULT_BYTES",
    ("TelegramSettings", "files_at_once"): "TELEGRAM_FILES_AT_ONCE",
    ("TelegramSettings", "packages"): "TELEGRAM_PACKAGES",
    ("TelegramSettings", "support"): "TELEGRAM_SUPPORT",
    ("WebhookSettings", "most"): "MAX_WEBHOOKS",
    ("WebhookSettings", "allow"): "WEBHOOK_ALLOW",
    ("WebhookSettings", "rotation_overlap"): "WEBHOOK_ROTATION_OVERLAP",
    ("WebhookSettings", "timeout"): "WEBHOOK_TIMEOUT",
    ("WebhookSettings", "keep"): "WEBHOOK_KEEP",
    ("WebhookSettings", "key"): "WEBHOOK_KEY",
    ("DelivererSettings", "connections"): "WEBHOOK_CONNECTIONS",
    ("DelivererSettings", "per_webhook"): "WEBHOOK_CONNECTIONS_EACH",
    ("DelivererSettings", "look_every"): "WEBHOOK_LOOK_EVERY",
    ("DelivererSettings", "grace"): "WEBHOOK_GRACE",
}


def variable(settings: type, field: str) -> str:
    return PREFIX + NAMES.get((settings.__name__, field), field.upper())


def read(settings: type[Settings], environ: Mapping[str, str] = os.environ, **given: object) -> Settings:
    """Build `settings` from the environment. Fields in `given` are not looked up there.

    Raises `SettingError`.
    """
    values = dict(given)
    hints = get_type_hints(settings)
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]  # any of our dataclasses
        if field.name in given:
            continue
        name = variable(settings, field.name)
        text = _text(name, environ)
        if text is not None:
            values[field.name] = _parsed(name, text, hints[field.name])
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise SettingError(f"{name} is not set")
    try:
        return settings(**values)
    except ValueError as error:
        raise SettingError(_short(_in_variables(settings, str(error)))) from error


def _in_variables(settings: type, words: str) -> str:
    """The error text of a settings class, with its fields replaced by their variables."""
    for field in dataclasses.fields(settings):
        # `name=value` is not a field: it is a parameter of a URL, which may have the same name.
        words = re.sub(rf"\b{field.name}\b(?!=)", variable(settings, field.name), words)
    return words


def is_set(name: str, environ: Mapping[str, str] = os.environ) -> bool:
    return bool(environ.get(name) or environ.get(name + "_FILE"))


def _short(line: str) -> str:
    """The line, cut after `MOST_CHARACTERS`, because it may repeat a value of any length."""
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]}…"


def _text(name: str, environ: Mapping[str, str]) -> str | None:
    """The variable's value. An empty one counts as not set, since compose files pass on empty variables."""
    if file := environ.get(name + "_FILE"):
        if environ.get(name):
            raise SettingError(f"{name} and {name}_FILE are both set: leave one of them out")
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingError(f"{name}_FILE: cannot read {file}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise SettingError(f"{name}_FILE: {file} is not text in UTF-8") from error
    return environ.get(name) or None


def _parsed(name: str, text: str, hint: object) -> object:
    parse, wanted = _PARSERS[str(hint)]
    if parse is not Path and not is_storable(text):  # bytes that are not UTF-8 become surrogates
        raise SettingError(f"{name} is not text in UTF-8")
    try:
        return parse(text)
    except ValueError as error:
        raise SettingError(_short(f"{name} must be {wanted}, not {text!r}")) from error


def _bool(text: str) -> bool:
    try:
        return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
    except KeyError:
        raise ValueError(text) from None


def _natural(text: str) -> int:
    number = int(text)
    if not 0 <= number <= MOST:
        raise ValueError(text)
    return number


def _seconds(text: str) -> timedelta:
    seconds = float(text)
    if not 0 <= seconds < 1e9:
        raise ValueError(text)
    return timedelta(seconds=seconds)


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


_PARSERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    str(str): (str, "a text"),
    str(str | None): (str, "a text"),
    str(int): (_natural, f"a whole number from 0 to {MOST}"),
    str(int | None): (_natural, f"a whole number from 0 to {MOST}"),
    str(float): (float, "a number"),
    str(bool): (_bool, "true or false"),
    str(timedelta): (_seconds, "a number of seconds, from 0 to less than a billion"),
    str(Path): (Path, "a path"),
    str(Path | None): (Path, "a path"),
    str(tuple[str, ...]): (_words, "a list separated by commas"),
    str(tuple[IPv4Network | IPv6Network, ...]): (_networks, "networks such as 10.0.0.0/8,fd00::/8"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSettings:
    """The settings of a process."""

    host: str = "127.0.0.1"
    """The address on which the API listens, and the health page of a worker, a deliverer or the bot."""
    port: int = 8000
    """The port of the API."""
    data: Path = Path(".augury")
    """The folder in which `augury up` keeps its database, models and secret key."""
    models_dir: Path | None = None
    """The folder of model files, shared by all processes. Not set: `models` in the data folder."""
    store_url: str | None = None
    """The place where the rows and answers of batches are kept, such as `s3://bucket/path`. Keys, region and
    endpoint come from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION` and `AWS_ENDPOINT_URL`. Not
    set: in PostgreSQL."""
    health_port: int = 0
    """The port on which a worker, a deliverer or the bot answers `/health/live` and `/metrics`. 0 turns it
    off."""
    log_level: str = "INFO"
    """DEBUG, INFO, WARNING, ERROR or CRITICAL."""
    log_format: str = "text"
    """`text` on standard error, for people, or `json`: one object per line on standard output."""

    def __post_init__(self) -> None:
        if self.log_format not in ("text", "json"):
            raise ValueError(f"log_format must be text or json, not {self.log_format!r}")
        if self.log_level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
            raise ValueError(
                f"log_level must be DEBUG, INFO, WARNING, ERROR or CRITICAL, not {self.log_level!r}"
            )
        if not 1 <= self.port <= 65535:
            raise ValueError(f"port must be 1 to 65535, not {self.port}")
        if self.health_port > 65535:
            raise ValueError(f"health_port must be at most 65535, not {self.health_port}")

    @property
    def model_files(self) -> Path:
        return self.models_dir or self.data / "models"


def variables(*settings: type) -> Iterator[tuple[str, object]]:
    """Every variable of these dataclasses with its default, or `dataclasses.MISSING`."""
    for each in settings:
        for field in dataclasses.fields(each):
            yield variable(each, field.name), field.default
