"""The boundary, its page on how predictions are run: the queue that brings them to a worker, the models that
answer them, the events that tell of their end."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from augury.application.ports import Json
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.model import Model, ModelFacts, ModelRef
from augury.domain.prediction import Status

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
    errors: Json
    """An array of `{"row", "field", "message"}`."""


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


class ModelUnavailable(Exception):
    """The model's file cannot be used; `str()` says why."""


class Models(Protocol):
    """The models on offer."""

    @abstractmethod
    async def get(self, name: str) -> Model:
        """By `name` (its active version) or `name@version`; else `ModelNotFound`, as for a retired one."""

    @abstractmethod
    async def version(self, ref: ModelRef) -> Model:
        """This version, retired or not: what was accepted is still run. Raises `ModelNotFound`."""

    @abstractmethod
    async def all(self) -> Sequence[Model]:
        """Every version, retired ones too, by name and version."""

    @abstractmethod
    async def add(self, model: Model) -> None:
        """Add a version; an active one takes the place of the name's active version."""

    @abstractmethod
    async def next_version(self, name: str) -> int: ...

    @abstractmethod
    async def change(self, ref: ModelRef, how: Callable[[Model], Model]) -> Model:
        """Lock this version and store what `how` makes of its `row_price`, `active` and `retired`.

        An active one takes the active version's place. Answers it as it is now; raises `ModelNotFound`,
        `Conflict`, and what `how` raises.
        """


class ModelStore(Protocol):
    """Model files, by the SHA-256 of what is in them."""

    @abstractmethod
    async def put(self, file: Path) -> str:
        """Keep a copy of the file; answers its SHA-256 in hexadecimal."""

    @abstractmethod
    async def path(self, sha256: str) -> Path:
        """Where the file is, its content checked; raises `ModelUnavailable`."""


class ModelInspector(Protocol):
    @abstractmethod
    async def inspect(self, file: Path) -> ModelFacts:
        """What the file says of itself, found out where a crafted file can do no harm.

        Raises `ModelRefused`.
        """
