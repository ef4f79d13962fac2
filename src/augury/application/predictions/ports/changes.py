"""Ports: the changes of a user's predictions, in order."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from augury.domain.identifiers import PredictionId, UserId


@dataclass(frozen=True, slots=True)
class Position:
    """The last positions of a user's changes that were read: one for predictions with a price, one for free
    ones."""

    paid: int = 0
    free: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A prediction was accepted, or has ended."""

    position: Position
    """The position to continue from."""
    prediction_id: PredictionId
    ended: bool


class Changes(Protocol):
    """The accepted and ended predictions of each user. Those with a price come in the order in which they
    were recorded, and so do the free ones. A change gets its number while its user's balance is locked, so no
    change appears before one that was already read."""

    @abstractmethod
    async def newest(self, user_ids: Collection[UserId]) -> Mapping[UserId, Position]:
        """A position of each user that is not before the last change."""

    @abstractmethod
    async def oldest_free(self) -> int:
        """The number of the oldest change of a free prediction that is kept, whoever's it is. 0 if there was
        none yet."""

    @abstractmethod
    async def since(
        self, asked: Sequence[tuple[UserId, Position]], *, limit: int
    ) -> Sequence[Sequence[Change]]:
        """The next changes of each user after their position: up to `limit` of predictions with a price,
        and as many of free ones. They include slices of batches. The changes of the last
        `RESUMABLE` are complete."""
