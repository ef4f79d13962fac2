"""Ports: the predictions that wait for a worker, lane by lane."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from augury.domain.audit import Act
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.queue_place import Standing


@dataclass(frozen=True, slots=True)
class UserInLane:
    """A user's work that waits in the bulk lane."""

    user_id: UserId
    waiting: int
    """Predictions."""
    cost: int
    """The cost of all of them (`SliceLimit.cost`)."""
    weight: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """The work that waits in the bulk lane."""

    predictions: int
    users: int
    oldest: datetime | None
    """When the prediction that has waited longest was accepted."""
    by_user: Sequence[UserInLane]
    """The users by cost, highest first."""


class BulkLane(Protocol):
    """The predictions that wait for their user's turn. `Work.pick` takes them from here."""

    @abstractmethod
    async def waiting(self, *, most_users: int) -> Waiting: ...

    @abstractmethod
    async def ids(self, *, at_most: int) -> Sequence[PredictionId]:
        """The predictions that wait, of all users, in any order."""

    @abstractmethod
    async def set_weight(self, user_id: UserId, weight: float, *, act: Act | None = None) -> None:
        """Set the user's weight in the lane, and record the act. The default weight is 1."""


class Queues(Protocol):
    """The waiting predictions of both lanes."""

    @abstractmethod
    async def standing(self, *, up_to: PredictionId | None) -> Standing:
        """Read all of them at once. The time grows with their number. `up_to` is the newest prediction of the
        previous read, if there was one: `Standing` has how much work up to it is left."""
