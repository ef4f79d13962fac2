"""Random secrets that are shown once and stored only as a digest."""

import hashlib
import secrets
from dataclasses import dataclass

API_KEY_PREFIX = "aug_"
"""Every API key begins with it, and no access token does."""


@dataclass(frozen=True, slots=True)
class Tokens:
    access: str
    refresh: str


def new_secret() -> str:
    """256 random bits, as text that is safe in a URL."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """SHA-256. A fast hash is enough, since nobody can guess 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
