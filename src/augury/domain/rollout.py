"""Which version serves a user: the active one, or its canary for a share of the users."""

import hashlib
from dataclasses import dataclass

from augury.domain.identifiers import UserId
from augury.domain.model import Model

_WHOLE = 1 << 64


@dataclass(frozen=True, slots=True)
class Offer:
    """The versions of one name that serve requests without a version."""

    active: Model
    canary: Model | None = None

    def of(self, user_id: UserId | None) -> Model:
        """The version for this user, always the same one. Without a user, the active one.

        The users of a share are also in every larger one. Who they are differs between names.
        """
        canary = self.canary
        if canary is None or canary.share is None or user_id is None:
            return self.active
        return canary if place_of(user_id, canary.ref.name) < canary.share else self.active


def place_of(user_id: UserId, name: str) -> float:
    """A number from 0 up to 1 that is this user's for this name, everywhere and at any time."""
    digest = hashlib.blake2b(user_id.bytes, digest_size=8, key=name.encode()).digest()
    return int.from_bytes(digest, "big") / _WHOLE
