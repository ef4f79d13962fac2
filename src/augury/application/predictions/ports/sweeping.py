"""Ports: the search for predictions that need a repair, and the deletion of expired records."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from augury.application.ports.books import Books
from augury.domain.prediction import Prediction

FIRST_CHECK = timedelta(seconds=30)
"""The wait until the sweeper first checks a queued prediction. Each time it was lost, the wait doubles."""
LAST_CHECK = timedelta(minutes=10)
"""The longest wait until a check. Work in the bulk lane starts with it, because its lost messages are noticed
in another way."""


class Upkeep(Protocol):
    @abstractmethod
    async def purge(self) -> int:
        """Delete what has expired, and what is older than `augury.domain.retention` says. Returns how many
        records. The bot's replies are kept while their predictions are unfinished or wait for delivery. Of
        guests, it empties the predictions and forgets the key."""


@dataclass(frozen=True, slots=True)
class Due:
    """The predictions that the sweeper found, locked. Each list is ordered by id."""

    lost: Sequence[Prediction]
    """Queued, but their message seems to be lost. The time of their next check is already written."""
    expired: Sequence[Prediction]
    """Queued past their `expires_at`."""
    abandoned: Sequence[Prediction]
    """Processing past their lease."""


class SweepBooks(Books, Protocol):
    """The books, and the search for predictions that need a repair."""

    @abstractmethod
    async def due(self, limit: int, *, put_before: datetime | None, early: bool = False) -> Due:
        """Lock the unfinished predictions that are due for a check, skipping those locked by others.

        A queued prediction that is due counts as lost if it was last put on the queue before `put_before`
        (None: none counts as lost). One that waits in the bulk lane never does: `BulkLane` knows them all.
        With `early`, predictions need not be due. The wait until its next check doubles each time, with
        jitter, from `FIRST_CHECK` up to `LAST_CHECK`. Only one process sweeps at a time: nothing is due while
        another one sweeps.
        """

    @abstractmethod
    async def left(self, *, silent_for: timedelta) -> Sequence[Prediction]:
        """Lock the predictions of the runs that gave no sign of life for `silent_for`, and end these runs.
        Returns the predictions as started, ordered by id."""


class OpenSweepBooks(Protocol):
    @abstractmethod
    def __call__(self) -> SweepBooks: ...
