"""The versions of a name that serve requests without a version: the active one, and its canary for a share of
the users."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from augury.domain.identifiers import UserId
from augury.domain.model import Model, ModelState

_WHOLE = 1 << 64


@dataclass(frozen=True, slots=True)
class Offer:
    """The versions of a name that serve requests without a version."""

    active: Model
    canary: Model | None = None

    def of(self, user_id: UserId | None) -> Model:
        """The version for this user, always the same one. Without a user, the active one.

        A larger share includes the users of a smaller one. Each name has its own group of users.
        """
        canary = self.canary
        if canary is None or canary.share is None or user_id is None:
            return self.active
        return canary if place_of(user_id, canary.ref.name) < canary.share else self.active


def stepping_back(model: Model, versions: Iterable[Model]) -> list[Model]:
    """The other versions of its name that step back when `model` is stored in its state, as they are then.

    There is one active version, which ends the canary of its predecessor, and at most one canary.
    """
    if model.is_active:
        leaving = {ModelState.ACTIVE, ModelState.CANARY}
    else:
        leaving = {model.state} & {ModelState.CANARY}
    return [
        each.in_state(ModelState.READY)
        for each in versions
        if each.ref != model.ref and each.state in leaving
    ]


def place_of(user_id: UserId, name: str) -> float:
    """A number from 0 up to 1 for this user and name. It is the same in every process and at any time."""
    digest = hashlib.blake2b(user_id.bytes, digest_size=8, key=name.encode()).digest()
    return int.from_bytes(digest, "big") / _WHOLE
