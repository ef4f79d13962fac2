"""Ports: models, and the files from which they are loaded."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

from augury.domain.audit import Act
from augury.domain.identifiers import UserId
from augury.domain.model import Model, ModelRef
from augury.domain.speed import Speed


class ModelUnavailable(Exception):
    """The model's file cannot be used. `str()` is the reason."""


ActOnModel: TypeAlias = Callable[[Model, Model], Act]
"""Makes the entry of the audit log from the version before and after its change."""


class Models(Protocol):
    """The models on offer. An `act` is recorded in the audit log, in the same transaction."""

    @abstractmethod
    async def get(self, name: str, *, user_id: UserId | None = None) -> Model:
        """The model `name` (its active version, or its canary if this user is in its share) or
        `name@version`. Raises `ModelNotFound`, also if it is retired."""

    @abstractmethod
    async def version(self, ref: ModelRef) -> Model:
        """This version, even if retired: accepted predictions still run. Raises `ModelNotFound`."""

    @abstractmethod
    async def all(self) -> Sequence[Model]:
        """Every version, including retired ones, ordered by name and version."""

    @abstractmethod
    async def page(self, *, limit: int, after: str = "") -> Sequence[Model]:
        """Every version that serves predictions, of the next `limit` names after `after`, ordered by name and
        version."""

    @abstractmethod
    async def add(self, model: Model, *, act: Act | None = None) -> None:
        """Add a version. An active one replaces the name's active version, and ends its canary.

        Raises `Conflict` if the name already has that version, or if another file (by its SHA-256) was
        uploaded to become that version.
        """

    @abstractmethod
    async def last_version(self, name: str) -> int:
        """The highest version of this name, including uploaded files. 0 if there is none."""

    @abstractmethod
    async def versions(self, name: str) -> Sequence[Model]:
        """Every version of this name, including retired ones, oldest first."""

    @abstractmethod
    async def card(self, ref: ModelRef) -> str | None:
        """The card of this version as JSON, or None if its file has none. Raises `ModelNotFound`."""

    @abstractmethod
    async def change(
        self, ref: ModelRef, how: Callable[[Model], Model], *, act: ActOnModel | None = None
    ) -> Model:
        """Lock this version and store the prices, `state`, `share` and `facts` that `how` returns. Facts
        without a card leave the stored card unchanged.

        An active version replaces the name's active one (see `Model.after`), and ends its canary. A canary
        replaces the name's canary. Returns the changed version. Raises `ModelNotFound`, `Conflict`, and the
        errors of `how`.
        """

    @abstractmethod
    async def measured(self, speeds: Mapping[ModelRef, Speed]) -> None:
        """Add measured calls to the stored speeds of these versions. Unknown versions are ignored."""


class ModelStore(Protocol):
    """Model files, by the SHA-256 of their content."""

    @abstractmethod
    async def put(self, file: Path) -> str:
        """Store a copy of the file. Returns its SHA-256 in hexadecimal."""

    @abstractmethod
    async def share(self, file: Path) -> str:
        """Store a copy of the file where every host finds it. Returns its SHA-256 in hexadecimal."""

    @abstractmethod
    async def path(self, sha256: str) -> Path:
        """The path of the file. Its content was checked. Raises `ModelUnavailable`."""
