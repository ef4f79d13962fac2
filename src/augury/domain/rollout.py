"""The versions of a name that serve requests without a version: the active one, and its canary for a share of
the users."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from augury.domain.identifiers import UserId
from augury.domain.model import (
    Model,
    ModelNotFound,
    ModelRef,
    ModelState,
    NothingToRollBack,
    WrongModelState,
)

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


def version_in(versions: Iterable[Model], ref: ModelRef) -> Model:
    """Raises `ModelNotFound` if it is not among the `versions` of its name."""
    found = next((each for each in versions if each.ref == ref), None)
    if found is None:
        raise ModelNotFound(model=str(ref))
    return found


def active_in(versions: Iterable[Model]) -> Model | None:
    """The active one of the `versions` of a name."""
    return next((each for each in versions if each.is_active), None)


def are_still(versions: Sequence[Model], now: Sequence[Model]) -> bool:
    """Whether a name has no other versions than before, and its active version is the same and unchanged."""
    same = [each.ref for each in versions] == [each.ref for each in now]
    return same and active_in(versions) == active_in(now)


def rolled_back(versions: Sequence[Model], ref: ModelRef) -> Model:
    """The version of the name that changes when this one is rolled back, as it is then: the canary itself, or
    the predecessor of the active version.

    Raises `ModelNotFound`, `WrongModelState` if this version is neither a canary nor active, and
    `NothingToRollBack` if there is no previous active version or it is retired.
    """
    model = version_in(versions, ref)
    if model.state is ModelState.CANARY:
        return model.in_state(ModelState.READY)
    if not model.is_active:
        raise WrongModelState(model=str(ref), state=model.state)
    before = next((each for each in versions if each.ref.version == model.replaced), None)
    if before is None or not before.serves:
        raise NothingToRollBack(model=str(ref))
    return before.in_state(ModelState.ACTIVE)


def stepping_back(model: Model, versions: Sequence[Model]) -> list[Model]:
    """The other versions of its name that step back when `model` is stored in its state, as they are then.
    `versions` are the stored ones.

    There is one active version, which ends the canary of its predecessor, and at most one canary. A version
    that keeps its state takes nobody's place.
    """
    if any(each.ref == model.ref and each.state is model.state for each in versions):
        return []
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
