"""Ports: predictions, the queue that brings them to a worker, and what tells of their end."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from augury.application.ports import Json
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.model import Model
from augury.domain.prediction import Prediction, Status
from augury.domain.row_errors import RowError


@dataclass(frozen=True, slots=True)
class Claimed:
    """A prediction that this process may run until its lease ends, and its rows."""

    prediction: Prediction
    input: Json


@dataclass(frozen=True, slots=True)
class Finished:
    """A final prediction with the model's answers, and what was wrong with which row."""

    prediction: Prediction
    output: Json | None
    errors: Sequence[RowError] = ()


class Work(Protocol):
    """Predictions under a lease. Each call is one statement and one transaction of its own.

    The lease token is the fence: whoever lost the lease changes nothing with it any more.
    """

    @abstractmethod
    async def claim(
        self,
        ids: Collection[PredictionId],
        *,
        token: UUID,
        lease: timedelta,
        retries: bool,
        most_rows: int,
        most_bytes: int,
    ) -> Sequence[Claimed]:
        """Start those of the predictions that are queued and not expired; ordered by id. Some of them may be
        left to a later claim; where it answers none, there are none.

        Stops before the one that would make it more than `most_rows` in all, or more than `most_bytes` of
        input, but never before the first.

        Without `retries` only those that no worker ever began: what may have killed a worker must not
        meet its neighbours again.
        """

    @abstractmethod
    async def renew(self, token: UUID, *, lease: timedelta, ids: Collection[PredictionId]) -> int:
        """Let the lease end `lease` from now; answers how many of the predictions it still covers."""

    @abstractmethod
    async def settle(self, token: UUID, finished: Sequence[Finished]) -> Sequence[PredictionId]:
        """Store results, end the holds (each prediction's `settlement()`), in one go.

        Answers which were still under this lease; of the others nothing is changed.
        """

    @abstractmethod
    async def hand_back(self, token: UUID, ids: Collection[PredictionId]) -> Sequence[PredictionId]:
        """Queue again what is under this lease, the attempt not counted."""

    @abstractmethod
    async def unknown(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        """Which of these are not in the books, whatever their status."""


@dataclass(frozen=True, slots=True)
class StoredPrediction:
    """A prediction as it is read. `output` is None until it has succeeded, or once it is forgotten."""

    prediction: Prediction
    output: Json | None
    errors: Sequence[RowError] = ()


class Predictions(Protocol):
    """Reads of predictions; every one takes a connection for itself and locks nothing."""

    @abstractmethod
    async def get(self, prediction_id: PredictionId, *, owner: UserId) -> StoredPrediction:
        """Raises `PredictionNotFound`, also where it is not the owner's."""

    @abstractmethod
    async def several(self, ids: Collection[PredictionId]) -> Sequence[StoredPrediction]:
        """Those of these that exist, in any order, whoever owns them."""

    @abstractmethod
    async def page(
        self,
        owner: UserId,
        *,
        limit: int,
        before: PredictionId | None = None,
        status: Status | None = None,
        model: str | None = None,
    ) -> Sequence[StoredPrediction]:
        """Newest first, those with a smaller id than `before`; `model` is a name or `name@version`.

        The output of a prediction of more than one row is left out (None): read it by its id.
        """

    @abstractmethod
    async def waiting(self, *, at_most: int) -> int:
        """How many predictions of everyone are not final yet; counts no further than `at_most`."""

    @abstractmethod
    async def final(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        """Which of these are final."""

    @abstractmethod
    async def forget(self, prediction_id: PredictionId, *, owner: UserId) -> None:
        """Drop input, output and row errors, keep the money's trail.

        Raises `PredictionNotFound`, or `WrongStatus` where it is not final.
        """


class Upkeep(Protocol):
    @abstractmethod
    async def purge(self) -> int:
        """Delete what has had its time: idempotency keys after 24 hours, ended refresh tokens, expired API
        keys, old windows of the throttle; of the bot, updates that were handled after two days, notices that
        nobody could deliver for nine and replies older than that; of guests, who cannot come back for them,
        keys, inputs and outputs after two days. Answers how many records."""


Traces = Mapping[PredictionId, str]
"""The `traceparent` (W3C Trace Context) of those predictions whose request had one."""


NO_TRACES: Traces = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Task:
    """One message of the queue `ml_tasks`."""

    prediction_ids: Sequence[PredictionId]
    """1 to 16 of them; exactly one where `attempt` is more than 1, so that it runs alone."""
    attempt: int = 1
    traces: Traces = field(default_factory=dict)


@dataclass(eq=False)
class UnknownPredictions(Exception):
    """A task names predictions that are not in the books: nobody can ever handle it."""

    ids: Collection[PredictionId]

    def __str__(self) -> str:
        return f"not in the books: {', '.join(map(str, self.ids))}"


class PredictionQueue(Protocol):
    """Where accepted predictions wait for a worker. The row in the books is its own outbox: what is lost
    here is found there."""

    @abstractmethod
    def put(self, ids: Sequence[PredictionId], *, attempt: int = 1, traces: Traces = NO_TRACES) -> None:
        """Have them published, soon and in order; never waits, never raises."""

    @abstractmethod
    def saw(self, put_at: datetime) -> None:
        """This process was handed something that was put on the queue at this time."""

    @abstractmethod
    async def passed(self) -> datetime | None:
        """A time before which nothing that was put here is still waiting; None where nobody knows."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What the world is told of a prediction that became final."""

    prediction_id: PredictionId
    user_id: UserId
    status: Status


class Events(Protocol):
    @abstractmethod
    async def finished(self, ended: Sequence[Ended]) -> None:
        """Tell whoever listens, best effort and bounded in time; raises nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A model's answer to one prediction."""

    valid_rows: int
    output: Json | None
    """One object for a single row, else an array with null for each bad row; None where none is valid."""
    errors: Sequence[RowError] = ()
    """In the order of the rows, one at most for each."""


@dataclass(frozen=True, slots=True)
class Question:
    """One prediction's rows, as they were sent: an object where `single`, else an array of objects."""

    input: Json
    single: bool


class Predictor(Protocol):
    @abstractmethod
    async def predict(self, model: Model, questions: Sequence[Question]) -> Sequence[Outcome]:
        """Check every row against the model's schema and predict the valid ones, in one call of the model.

        Runs off the event loop. A row that makes the model raise gets an error, its neighbours do not.
        Raises `ModelUnavailable` where the model's file is missing, changed or broken.
        """


BYTES_SHOWN = 200
"""How much of a dead letter's body is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message of the queue that could not be handled."""

    reason: str
    """Why the broker took it away: `rejected`, `delivery_limit`, …; `unknown` for what was put there."""
    deaths: int
    """How often it has been taken away."""
    died_at: datetime | None
    put_at: datetime | None
    size: int
    """Bytes of the whole body."""
    body: bytes
    """Its first `BYTES_SHOWN` bytes."""


@dataclass(frozen=True, slots=True)
class QueueLengths:
    """How many messages are ready for a worker, and how many could not be handled."""

    ready: int
    dead: int


class DeadLetters(Protocol):
    """What could not be handled: kept until somebody looks at it."""

    @abstractmethod
    async def lengths(self) -> QueueLengths: ...

    @abstractmethod
    async def list(self, *, at_most: int) -> Sequence[DeadLetter]:
        """The oldest of them; they stay where they are."""

    @abstractmethod
    async def replay(self, *, at_most: int) -> int:
        """Put the oldest of them on the queue again, each confirmed there before it is gone here.

        Answers how many. A message may come twice where this is cut off, never not at all. One that dies
        again meanwhile is not taken a second time.
        """
