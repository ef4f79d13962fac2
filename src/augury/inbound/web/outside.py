"""The functions of the HTTP API that the pages use. They get them when they are made and do not import
them."""

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from litestar.types import Scope

from augury.application.batches.accept_batch import ReplayedBatch
from augury.application.batches.ports import StoredBatch
from augury.domain.audit import Author
from augury.domain.batch import Batch
from augury.domain.model import Model
from augury.domain.model_training import ModelTraining
from augury.domain.model_upload import ModelUpload, UploadTerms
from augury.domain.prediction import Status
from augury.domain.row_errors import RowDoubt, RowError, RowFault
from augury.domain.training_plan import Plan
from augury.inbound.tables.format import Format


class FileIntake(Protocol):
    @abstractmethod
    async def receive(
        self,
        scope: Scope,
        body: AsyncIterator[bytes],
        *,
        model: str | None,
        max_price: int | None,
        top: int | None,
        name: str | None,
    ) -> Batch | ReplayedBatch:
        """Read a form with a file, and accept its rows as a batch of `scope["user"]`, a user's id.

        `top` is the number of classes in each answer, None for all. `name` is that of an idempotency key.

        Besides domain errors, raises an error with `kind.status`. Its `__cause__` is the error in the file.
        """


class FileResults(Protocol):
    @abstractmethod
    def stream(self, stored: StoredBatch, format: Format) -> AsyncIterator[bytes]:
        """The rows with their answers, up to the first row whose slice has not ended."""

    @abstractmethod
    def worded(
        self,
        stored: StoredBatch,
        *,
        faults: Mapping[RowFault, str],
        doubts: Mapping[RowDoubt, str],
        not_predicted: Callable[[Status], str],
    ) -> AsyncGenerator[bytes, None]:
        """The rows with their answers as CSV. The words are those for errors, for warnings (which may have
        `{count}`), and for the rows of a slice that ended with this status."""

    @abstractmethod
    async def faults(
        self, stored: StoredBatch, *, limit: int
    ) -> Sequence[tuple[int, RowError | None, Status]]:
        """The first rows without an answer, counted from 0, with the reasons."""


class ModelIntake(Protocol):
    @abstractmethod
    async def receive(
        self,
        scope: Scope,
        body: AsyncIterator[bytes],
        name: str,
        *,
        stated: str | None,
        terms: UploadTerms,
        author: Author,
    ) -> ModelUpload | Model:
        """Read a form with a model's file. A worker will check it. Raises domain errors."""

    @abstractmethod
    async def receive_table(
        self,
        scope: Scope,
        body: AsyncIterator[bytes],
        name: str,
        *,
        stated: str | None,
        plan: Plan,
        terms: UploadTerms,
        author: Author,
    ) -> ModelTraining:
        """Read a form with a table. A worker will train a model from it. Raises domain errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    base_path: str
    """The path under which callers reach the service behind a proxy, without a trailing slash."""
    place: Callable[[Scope], str]
    """The network of a request. It identifies guests, and attempts are counted for it."""
    streams: Callable[[Scope], None]
    """Called for a request whose body is read as a stream and is never in memory as a whole."""
    intake: Callable[[], FileIntake]
    results: Callable[[], FileResults]
    models: Callable[[], ModelIntake]
