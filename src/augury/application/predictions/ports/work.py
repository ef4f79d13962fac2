"""Ports: the predictions that workers run."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from augury.application.ports import Json
from augury.domain.batch import SlicePlace
from augury.domain.identifiers import PredictionId
from augury.domain.model import ModelRef
from augury.domain.prediction import Prediction
from augury.domain.row_errors import RowError, RowWarning


@dataclass(frozen=True, slots=True)
class Claimed:
    """A prediction that this process runs, and its rows."""

    prediction: Prediction
    input: Json
    """Empty for a slice of a batch, whose rows are in the store."""
    slice: SlicePlace | None = None
    explain: int | None = None
    """How many features of each row are explained, the strongest ones. None: no explanation."""
    top: int | None = None
    """The number of classes that each answer lists, the likeliest first. None: up to `Limits.max_classes`."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A final prediction with the model's answers and the errors of its rows."""

    prediction: Prediction
    output: Json | None
    errors: Sequence[RowError] = ()
    warnings: Sequence[RowWarning] = ()
    seconds: float = 0.0
    """How long the model's call took, in seconds. One call may answer several predictions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTerms:
    """The limits of a claim, and its lease."""

    token: UUID
    lease: timedelta
    most_rows: int
    most_bytes: int
    """Bytes of input of all claimed predictions. As with rows, the first prediction is always taken."""
    weights: Mapping[ModelRef, float] = field(default_factory=dict)
    """How many rows a row of a slow version counts as, and a byte likewise. 1 for versions that are
    missing."""


class Work(Protocol):
    """Predictions that workers run. Each call is one statement in its own transaction.

    The predictions that a worker begins with a token are a *run*. It is recorded apart from the predictions,
    so that other workers can tell what a dead worker had begun. A run that takes longer gets a lease on its
    predictions. Its token is a fencing token: a worker that lost its lease can change nothing with it.
    """

    @abstractmethod
    async def begin(self, ids: Collection[PredictionId], terms: ClaimTerms) -> Sequence[Claimed]:
        """Begin a run of the predictions that are queued, not expired, and that no worker has begun. Returns
        them as started, ordered by id. Some may be left for a later call; an empty result means that none is
        left.

        The predictions stay queued until `renew` or `settle`: the queue hands each to one worker. A
        prediction that two workers begin at the same moment is settled once.
        """

    @abstractmethod
    async def claim(self, ids: Collection[PredictionId], terms: ClaimTerms) -> Sequence[Claimed]:
        """Start the predictions that are queued and not expired under a lease, also those that a worker has
        begun and not finished. Answers as `begin` does. Pass them one by one: an input that may have killed a
        worker must not run together with others again."""

    @abstractmethod
    async def pick(
        self, *, token: UUID, lease: timedelta, most: int, most_cost: int, short: bool = False
    ) -> Sequence[Claimed]:
        """Start the next work of the bulk lane: the oldest predictions of the user whose turn it is, ordered
        by id. An empty result means that no work waits there, except work that others are just taking.

        Takes up to `most` predictions that cost up to `most_cost` in all, but always the first. It is the
        turn of the user with the least `Share.finish`. Concurrent picks take different users if possible.

        With `short`, it is only the turn of users whose oldest prediction costs up to `most_cost`; others may
        be left waiting although the result is empty.
        """

    @abstractmethod
    async def renew(self, token: UUID, *, lease: timedelta, ids: Collection[PredictionId]) -> int:
        """Give a sign of life for the run. Put its predictions under a lease, if they are not yet, or let it
        end `lease` from now, if a third of it has passed. Returns how many of the predictions are under it.
        """

    @abstractmethod
    async def settle(self, token: UUID, finished: Sequence[Finished]) -> Sequence[PredictionId]:
        """Store results, end the holds (each prediction's `settlement()`) and the run in one transaction.

        Returns the predictions that were under this lease, or that no worker had claimed or lost yet. The
        others are not changed.
        """

    @abstractmethod
    async def hand_back(self, token: UUID, ids: Collection[PredictionId]) -> Sequence[PredictionId]:
        """End the run, and queue again its predictions under a lease, without counting the attempt. Those of
        the bulk lane wait there again, and their users are not charged for them."""

    @abstractmethod
    async def run_of(self, token: UUID) -> Sequence[PredictionId]:
        """The predictions of the run with this token. Empty if there is no such run."""

    @abstractmethod
    async def begun(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        """Those of these predictions that are part of a run."""

    @abstractmethod
    async def unknown(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        """Those of the ids that the books do not have."""
