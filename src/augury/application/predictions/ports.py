"""Ports: predictions, the queue to the workers, and the events that announce their end."""

import hashlib
from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Protocol, Self
from uuid import UUID

from augury.application.ports import Accepted, Books, Json, Opened
from augury.domain.audit import Act
from augury.domain.balance import Balance, Transfer
from augury.domain.batch import SlicePlace
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.lane import Lane
from augury.domain.model import Model, ModelRef
from augury.domain.prediction import Failure, Prediction, Status
from augury.domain.premise import Premise, SpendingPremise
from augury.domain.queue_place import Standing
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
    """How long the call of the model took that answered it, and others with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTerms:
    """The limits of a claim, and its lease."""

    token: UUID
    lease: timedelta
    most_rows: int
    most_bytes: int
    """Bytes of input of all claimed predictions. As with rows, the first prediction is always taken."""
    weights: Mapping[ModelRef, float] = field(default_factory=dict)
    """How many rows or bytes one of a slow model counts as. 1 for versions that are missing."""


NO_SPENDING: Mapping[UUID, SpendingPremise] = MappingProxyType({})


class Acceptance(Protocol):
    """New predictions, which are decided on without a lock: read, decide, record. Each call is one statement
    in its own transaction, and may raise `Conflict`."""

    @abstractmethod
    async def read(
        self,
        user_ids: Collection[UserId],
        keys: Collection[tuple[UserId, str]] = (),
        spenders: Collection[UUID] = (),
    ) -> Opened:
        """The balances of these users, the requests remembered under these keys, and the spending of the API
        keys `spenders` (read with a separate statement). Nothing is locked. Users without a balance are
        missing."""

    @abstractmethod
    async def accept(
        self,
        accepted: Sequence[Accepted],
        transfers: Sequence[Transfer],
        premises: Mapping[UserId, Premise],
        spending: Mapping[UUID, SpendingPremise] = NO_SPENDING,
    ) -> Mapping[UserId, Balance]:
        """Record new predictions with the transfers that pay for them, as `Books.record` does, for each user
        whose premise holds. `spending` has the premises of API keys with spending limits. A user's premise
        includes the premises of their keys, and accepted prices are counted for the keys in the same
        transaction.

        Returns the new balances of these users. Nothing was recorded for the other users: their requests must
        be decided again. There is a premise for each user with accepted requests. Raises `Conflict` if an
        idempotency key was remembered meanwhile; then nothing was recorded for anybody.
        """


class Work(Protocol):
    """Predictions that workers run. Each call is one statement in its own transaction.

    The predictions that a worker begins with a token are a *run*. It is recorded apart from the predictions,
    so that other workers can tell what a dead worker had begun. A run that takes longer gets a lease on its
    predictions, whose token is a fence: a worker that lost its lease can change nothing with the token.
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
    async def pick(self, *, token: UUID, lease: timedelta, most: int, most_cost: int) -> Sequence[Claimed]:
        """Start the next work of the bulk lane: the oldest predictions of the user whose turn it is, ordered
        by id. An empty result means that no work waits there, except work that others are just taking.

        Takes up to `most` predictions that cost up to `most_cost` in all, but always the first. It is the
        turn of the user with the least `Share.finish`. Concurrent picks take different users if possible.
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
        """The predictions of the run with this token. None if there is no such run."""

    @abstractmethod
    async def begun(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        """Those of these predictions that are part of a run."""

    @abstractmethod
    async def unknown(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        """Those of the ids that the books do not have."""


MOST_LISTED_BYTES = 10_000
"""An output of more bytes is not part of a list."""
MOST_BYTES_AT_ONCE = 262_144
"""An output of more bytes is read in pieces of this size."""


@dataclass(frozen=True, slots=True)
class UserInLane:
    """A user's work that waits in the bulk lane."""

    user_id: UserId
    waiting: int
    """Predictions."""
    cost: int
    """The cost of all of them (`Slice.cost`)."""
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


@dataclass(frozen=True, slots=True)
class StoredPrediction:
    """A prediction as it is read. `output` is None until it has succeeded, and after it was forgotten."""

    prediction: Prediction
    output: Json | None
    errors: Sequence[RowError] = ()
    warnings: Sequence[RowWarning] = ()
    refunded: int = 0
    """The credits that were given back after it was charged."""
    large_output: int = 0
    """The size in bytes of an output that is too large to be read at once; `output` is then None. See
    `Predictions.piece`. 0 for other outputs."""
    lane: Lane | None = field(default=None, compare=False)
    """The lane in which it waits. None if it does not wait, or if that was not read."""


@dataclass(frozen=True, slots=True)
class PredictionPage:
    """A part of a list. It may be shorter than the limit, or empty, although more follow: a search among many
    other predictions stops after a while."""

    items: Sequence[StoredPrediction]
    more: PredictionId | None = None
    """`before` of the next page. None at the end of the list."""


@dataclass(frozen=True, slots=True)
class UsageOfDay:
    """The cost of a user's predictions by one model on one day (UTC)."""

    day: date
    model: str
    """The name, without a version."""
    predictions: int
    rows: int
    """The predicted rows."""
    charged: int
    """Credits."""


class Predictions(Protocol):
    """Reads of predictions. Each read uses its own connection and locks nothing."""

    @abstractmethod
    async def get(self, prediction_id: PredictionId, *, owner: UserId) -> StoredPrediction:
        """Raises `PredictionNotFound`, also if it belongs to another user."""

    @abstractmethod
    async def piece(self, prediction_id: PredictionId, *, owner: UserId, begin: int) -> bytes:
        """Up to `MOST_BYTES_AT_ONCE` bytes of the output from the byte `begin` on, counted from 0; none at
        its end, or after it was forgotten. Raises `PredictionNotFound`."""

    @abstractmethod
    async def several(self, ids: Collection[PredictionId]) -> Sequence[StoredPrediction]:
        """The predictions with these ids that exist, in any order, of any owner."""

    @abstractmethod
    async def listed(self, ids: Collection[PredictionId]) -> Sequence[StoredPrediction]:
        """The predictions with these ids, in any order, of any user, with the same parts that `page` returns.
        Missing ones are left out."""

    @abstractmethod
    async def page(
        self,
        owner: UserId,
        *,
        limit: int,
        before: PredictionId | None = None,
        status: Status | None = None,
        model: str | None = None,
    ) -> PredictionPage:
        """The predictions with a smaller id than `before`, newest first. `model` is `name` or `name@version`.

        Errors are left out here. So is the output (None) of a prediction of more than one row, or of more
        than `MOST_LISTED_BYTES`: read it by its id.
        """

    @abstractmethod
    async def usage(self, owner: UserId, *, since: datetime, most: int) -> Sequence[UsageOfDay]:
        """The user's predictions since then, by day and model, newest day first. Slices of batches count,
        too. Only the newest `most` predictions are read."""

    @abstractmethod
    async def waiting(self, *, at_most: int) -> int:
        """The number of unfinished predictions of all users, counted up to `at_most`."""

    @abstractmethod
    async def oldest_waiting(self) -> datetime | None:
        """The time at which the oldest unfinished prediction was accepted. None if there is none."""

    @abstractmethod
    async def final(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        """Those of the ids that are final."""

    @abstractmethod
    async def statuses(self, ids: Collection[PredictionId]) -> Mapping[PredictionId, Status]:
        """The statuses of the predictions with these ids; missing ones are left out. Small work stays
        `queued` until it ends, unless it takes long."""


class Queues(Protocol):
    """The waiting predictions of both lanes."""

    @abstractmethod
    async def standing(self, *, up_to: PredictionId | None) -> Standing:
        """Read all of them at once. The time grows with their number. `up_to` is the prediction up to which
        work counts as left."""


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
    async def since(
        self, asked: Sequence[tuple[UserId, Position]], *, limit: int
    ) -> Sequence[Sequence[Change]]:
        """The next changes of each user after their position: up to `limit` of predictions with a price,
        and as many of free ones. They include slices of batches. The changes of the last seven days are
        complete."""


class PredictionContents(Protocol):
    """The contents of predictions: rows, answers and row errors."""

    @abstractmethod
    async def input_of(self, prediction_id: PredictionId, *, owner: UserId) -> Json | None:
        """The rows of the request. None after they were forgotten. Raises `PredictionNotFound`."""

    @abstractmethod
    async def forget(self, prediction_id: PredictionId, *, owner: UserId) -> None:
        """Delete input, output, row errors and warnings, but not the transfers.

        Raises `PredictionNotFound`, or `WrongStatus` if it is not final.
        """


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


Traces = Mapping[PredictionId, str]
"""The `traceparent` (W3C Trace Context) of each prediction whose request had one."""


NO_TRACES: Traces = MappingProxyType({})
Costs = Mapping[PredictionId, int]
NO_COSTS: Costs = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Task:
    """One message of a lane's queue. In the bulk lane it is a ticket: it lets a worker run the next work
    there, which may be another prediction than the one it names."""

    prediction_ids: Sequence[PredictionId]
    """1 to 256 ids; exactly one if `attempt` is more than 1, so that it runs alone."""
    attempt: int = 1
    traces: Traces = field(default_factory=dict)
    redelivered: bool = False
    """Whether the queue has handed it to a worker before, which may have died of it."""


@dataclass(eq=False)
class UnknownPredictions(Exception):
    """A task names predictions that the books do not have, so no worker can handle it."""

    ids: Collection[PredictionId]

    def __str__(self) -> str:
        return f"not in the books: {', '.join(map(str, self.ids))}"


class PredictionQueue(Protocol):
    """The queues of both lanes, in which accepted predictions wait for a worker. The row in the books is its
    own outbox: the sweeper finds lost messages there."""

    @abstractmethod
    def put(
        self,
        ids: Sequence[PredictionId],
        *,
        attempt: int = 1,
        traces: Traces = NO_TRACES,
        lane: Lane = Lane.SMALL,
        costs: Costs = NO_COSTS,
    ) -> None:
        """Publish them soon, in order. In the bulk lane, each gets its own ticket. In the small lane, each
        message has little work in all. `costs` (`Slice.cost`) are those above 1. Never waits and never
        raises."""

    @abstractmethod
    def saw(self, put_at: datetime) -> None:
        """Note that this process received a message of the small lane that was put there at this time."""

    @abstractmethod
    async def passed(self) -> datetime | None:
        """A time such that no message put before it is still in the small lane; None if that is unknown."""

    @abstractmethod
    async def has_tickets(self) -> bool:
        """Whether tickets wait in the bulk lane; also True if that is unknown."""


MOST_TOLD_BYTES = 2_048
"""A larger output is not sent with the event of its prediction's end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The part of a final prediction that was not known at its acceptance. With it, a process that knows the
    accepted prediction need not read the final one."""

    attempts: int
    started_at: datetime | None
    finished_at: datetime | None
    valid_rows: int
    valid_text_bytes: int = 0
    failure: Failure | None = None
    output: Json | None = None

    def of(self, accepted: Prediction, status: Status) -> StoredPrediction:
        """The final prediction: `accepted`, ended in this way."""
        final = replace(
            accepted,
            status=status,
            attempts=self.attempts,
            started_at=self.started_at,
            finished_at=self.finished_at,
            valid_rows=self.valid_rows,
            valid_text_bytes=self.valid_text_bytes,
            failure=self.failure,
        )
        return StoredPrediction(final, self.output)


@dataclass(frozen=True, slots=True)
class Ended:
    """The event that a prediction became final."""

    prediction_id: PredictionId
    user_id: UserId
    status: Status
    ending: Ending | None = None
    """None if the prediction has to be read: its output is large, rows have errors or warnings, no worker ran
    it, or the worker is of an earlier version."""

    @classmethod
    def by_worker(cls, finished: Finished) -> Self:
        """The event of a prediction that a worker has just settled."""
        prediction, output = finished.prediction, finished.output
        is_small = output is None or len(output) <= MOST_TOLD_BYTES
        if not is_small or finished.errors or finished.warnings or prediction.batch_id:
            return cls(prediction.id, prediction.user_id, prediction.status)
        ending = Ending(
            attempts=prediction.attempts,
            started_at=prediction.started_at,
            finished_at=prediction.finished_at,
            valid_rows=prediction.valid_rows,
            valid_text_bytes=prediction.valid_text_bytes,
            failure=prediction.failure,
            output=output,
        )
        return cls(prediction.id, prediction.user_id, prediction.status, ending)


class Events(Protocol):
    @abstractmethod
    async def finished(self, ended: Sequence[Ended]) -> None:
        """Publish these events, with best effort and in bounded time. Never raises."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A model's answer to one prediction."""

    valid_rows: int
    output: Json | None
    """One object for a single row, else an array with null for each invalid row; None if no row is valid."""
    errors: Sequence[RowError] = ()
    """In the order of the rows, at most one for each row."""
    warnings: Sequence[RowWarning] = ()
    """In the order of the rows. A row may have several; how many are listed is limited."""
    unpredicted_text_bytes: int = 0
    """The text (`bytes_of_text`) of the rows that were not predicted, which is not charged."""


@dataclass(frozen=True, slots=True)
class Question:
    """The rows of one prediction as they were sent: one object if `single`, else an array of objects."""

    input: Json
    single: bool
    rows: int = 1
    """How many rows were accepted."""
    explain: int | None = None
    """How many features of each row are explained, the strongest ones. None: no explanation."""
    top: int | None = None
    """The number of classes that each answer lists, the likeliest first. None: up to `Limits.max_classes`."""


@dataclass(frozen=True, slots=True)
class SliceOutcome:
    """A model's answer to a slice of a batch."""

    valid_rows: int
    content: bytes
    """Answers, errors and warnings in the format of the package `slices`."""
    unpredicted_text_bytes: int = 0
    """The text of the other rows. It is counted only if it has a price."""


class Predictor(Protocol):
    @abstractmethod
    async def predict(self, model: Model, questions: Sequence[Question]) -> Sequence[Outcome]:
        """Check every row against the model's schema, and predict the valid ones: those of all questions in
        one call of the model, those of a question larger than a slice (`Limits.slice`) slice by slice.

        Runs outside the event loop. Both lanes may call it at the same time. A row that makes the model raise
        gets an error; other rows do not.
        Raises `ModelUnavailable` if the model's file is missing, changed or broken.
        """


class SlicePredictor(Protocol):
    @abstractmethod
    async def predict_slice(self, model: Model, sheet: bytes, content: bytes) -> SliceOutcome:
        """Predict a slice of a batch by the same rules as rows. The `sheet` of its batch describes its
        `content`. Raises `ModelUnavailable`."""


BYTES_SHOWN = 200
"""How many bytes of a dead letter's body are shown."""
MOST_LETTERS = 1_000
"""Only this many of the oldest dead letters can be listed and found by their ids."""


def letter_id(body: bytes, put_at: datetime | None, died_at: datetime | None) -> str:
    return hashlib.sha256(b"%b|%a|%a" % (body, put_at, died_at)).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message of the queue that could not be handled."""

    id: str
    """Derived from the content and the times. Two messages with the same id are identical."""
    reason: str
    """Why the broker removed it: `rejected`, `delivery_limit`, …; `unknown` if it does not say."""
    deaths: int
    """How often the broker has removed it."""
    died_at: datetime | None
    put_at: datetime | None
    size: int
    """Bytes of the whole body."""
    body: bytes
    """Its first `BYTES_SHOWN` bytes."""
    task: Task | None = None
    """The content of the body. None if its format is unknown."""


@dataclass(frozen=True, slots=True)
class QueueLengths:
    """The numbers of messages ready for a worker in both lanes, and of dead letters."""

    ready: int
    """In the small lane."""
    dead: int
    tickets: int = 0
    """In the bulk lane."""


class DeadLetters(Protocol):
    """Messages that no worker could handle, kept until an operator looks at them."""

    @abstractmethod
    async def lengths(self) -> QueueLengths: ...

    @abstractmethod
    async def list(self, *, at_most: int, skip: int = 0) -> Sequence[DeadLetter]:
        """The oldest messages after the first `skip`. They stay where they are. `skip` and `at_most` together
        are at most `MOST_LETTERS`, because a broker can only hand out all of them."""

    @abstractmethod
    async def drop(self, *, at_most: int, only: str | None = None) -> int:
        """Delete the oldest messages, or only the message with this id if it is among the oldest
        `MOST_LETTERS`. Returns how many. Their predictions stay queued, and the sweeper finds them."""

    @abstractmethod
    async def replay(self, *, at_most: int, only: str | None = None) -> int:
        """Put the oldest messages on the queue again, or only the message with this id if it is among the
        oldest `MOST_LETTERS`. Returns how many.

        A message is removed here only after the queue has confirmed it: after an interruption, it may be
        delivered twice but is never lost. A message that dies again meanwhile is not taken a second time.
        """
