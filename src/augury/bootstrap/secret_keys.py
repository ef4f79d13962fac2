"""The secret that `augury up` makes for itself, and the keys derived from a secret key."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from augury.bootstrap.config import SettingError
from augury.domain.webhook_signature import WebhookSecrets

LEAST_SECRET_CHARACTERS = 32


def kept_secret(file: Path) -> str:
    """The secret in the file, which only its owner can read. The first call makes it."""
    if not file.exists():
        made = file.with_suffix(".new")
        made.unlink(missing_ok=True)
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as writer:
            writer.write(secrets.token_urlsafe(48))
        made.replace(file)  # all or nothing
    return file.read_text().strip()


def derived(secret: str, purpose: str) -> str:
    """A key for one purpose (HMAC-SHA256). One key reveals nothing about the others.

    Raises `SettingError` if the secret is too short.
    """
    if len(secret) < LEAST_SECRET_CHARACTERS:
        raise SettingError(f"AUGURY_SECRET_KEY must have at least {LEAST_SECRET_CHARACTERS} characters")
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def webhook_secrets(secret: str) -> WebhookSecrets:
    """The secrets of webhooks. The API and the deliverers derive them from the same key. Raises
    `SettingError` if the key is too short."""
    return WebhookSecrets(derived(secret, "webhooks"))
