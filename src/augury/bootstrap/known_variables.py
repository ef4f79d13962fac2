"""Finds unknown variables, so that a mistyped name is noticed."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from augury.bootstrap.config import PREFIX

# Listed here because no process loads the settings of all the others. A test compares the lists.
_NAMES = """
ACCESS_LIFETIME BASE_PATH CHECK_TIMEOUT CORS_ORIGINS DATA DATABASE_CONNECT_TIMEOUT
DATABASE_IDLE_IN_TRANSACTION_TIMEOUT DATABASE_LOCK_TIMEOUT DATABASE_POOLER DATABASE_POOL_SIZE
DATABASE_STATEMENT_TIMEOUT DATABASE_URL DEFAULT_MODEL FAULT GUESTS_PER_DAY GUEST_CREDITS HEALTH_PORT HOST
IDENTITY_CACHE KEEP_ALIVE LEASE
LOADED_MODELS LOG_FORMAT LOG_LEVEL MAX_API_KEYS MAX_BATCH_BYTES MAX_BATCH_ROWS MAX_BODY_BYTES MAX_ERRORS
MAX_LARGE_ANSWERS MAX_WARNINGS READ_PATIENCE
MAX_EXPIRES_IN MAX_INTAKE_BYTES MAX_PENDING MAX_ROWS MAX_UNPUBLISHED MAX_VALUES MAX_WAIT MAX_WAITING
MODELS_DIR MODEL_CACHE MODEL_THREADS PORT PREDICT_TIMEOUT PUBLISH_TIMEOUT PURGE_EVERY RABBITMQ_URL
REDEEMS_PER_MINUTE REFRESH_GRACE REFRESH_LIFETIME REGISTRATIONS_PER_HOUR SECRET_KEY SIGN_INS_PER_MINUTE
SUBMIT_BATCH SWEEP_BATCH SWEEP_EVERY TELEGRAM_API_URL TELEGRAM_MAX_FILE_BYTES TELEGRAM_MESSAGES_PER_MINUTE
TELEGRAM_PACKAGES TELEGRAM_POLL_TIMEOUT TELEGRAM_REQUEST_TIMEOUT TELEGRAM_SUPPORT TELEGRAM_TOKEN
TELEGRAM_WEBHOOK_HOST TELEGRAM_WEBHOOK_PORT TELEGRAM_WEBHOOK_SECRET TELEGRAM_WEBHOOK_URL
TELEGRAM_WELCOME_CREDITS TRUSTED_PROXIES WELCOME_CREDITS WORKER_BATCH WORKER_GRACE WORKER_PREFETCH
WORKER_RETRY_PAUSE
"""
KNOWN = frozenset(_NAMES.split())
"""Names without the prefix, which would make all of them look similar."""


def unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """The unknown variables that are set, each with a similar known name if there is one.

    Values are not included. An empty variable counts as not set.
    """
    for name in sorted(environ):
        own = name.removeprefix(PREFIX).removesuffix("_FILE")
        if name.startswith(PREFIX) and environ[name] and own not in KNOWN:
            near = get_close_matches(own, KNOWN, n=1)
            yield f"{name} (is {PREFIX}{near[0]} meant?)" if near else name
