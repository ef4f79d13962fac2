"""Ports: the search for predictions that need a repair, and the deletion of expired records."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from augury.application.ports import Books
from augury.domain.prediction import Prediction


class Upkeep(Protocol):
    @abstractmethod
    async def purge(self) -> int:
        """Delete expired records. Returns how many. They are idempotency keys after 24 hours, ended refresh
        tokens, expired API keys, past windows of the throttle; the bot's handled updates after two days, its
        undeliverable notices and old replies after nine; keys, inputs and outputs of guests after two days,
        when they can no longer read them."""


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
        jitter, from 30 seconds up to 10 minutes. Only one process sweeps at a time: nothing is due while
        another one sweeps.
        """

    @abstractmethod
    async def left(self, *, silent_for: timedelta) -> Sequence[Prediction]:
        """Lock the predictions of the runs that gave no sign of life for `silent_for`, and end these runs.
        Returns the predictions as started, ordered by id."""


class OpenSweepBooks(Protocol):
    @abstractmethod
    def __call__(self) -> SweepBooks: ...
