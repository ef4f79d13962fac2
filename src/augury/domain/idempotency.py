"""Idempotency keys: a repeated request with the same key does not move money again."""

from dataclasses import dataclass
from uuid import UUID

from augury.domain.errors import DomainError

CHAT_PREFIX = "telegram:"
"""The beginning of the keys of a bot's messages, which are kept longer than others."""


@dataclass(eq=False)
class IdempotencyConflict(DomainError):
    """This idempotency key was already used for another request."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The name that a caller gave to a request that moves money, and a digest of the request."""

    key: str
    fingerprint: bytes
    fingerprint_of_bytes: bytes | None = None
    """The digest of the request's bytes as they were sent. Earlier releases stored this instead of a digest
    of the values. Keys are kept for a day, so the next release can drop it."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """The request that an idempotency key was first used for."""

    fingerprint: bytes
    reference: UUID
    """The id of the prediction or the batch, or the transfer's reference."""

    def require(self, key: IdempotencyKey) -> None:
        """Raises `IdempotencyConflict` if the same name is used for another request."""
        if self.fingerprint not in (key.fingerprint, key.fingerprint_of_bytes):
            raise IdempotencyConflict


def name_of_message(chat_id: int, message_id: int) -> str:
    """The name of the request that a person made by a message in a chat."""
    return f"{CHAT_PREFIX}{chat_id}:{message_id}"
