"""Secrets that are shown once: random, and kept only as a digest."""

import hashlib
import secrets
from dataclasses import dataclass

API_KEY_PREFIX = "aug_"
"""How every API key begins, and no access token does."""


@dataclass(frozen=True, slots=True)
class Tokens:
    access: str
    refresh: str


def new_secret() -> str:
    """256 random bits, as text that is safe in a URL."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """SHA-256: enough for a secret of 256 random bits, which nobody guesses however fast the hash is."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
