"""Ports: models, and the files from which they are loaded."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

from augury.domain.audit import Act
from augury.domain.identifiers import UserId
from augury.domain.model import Model, ModelRef
from augury.domain.rollout import version_in
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
    async def add(
        self, model: Model, *, beside: Sequence[Model] | None = None, act: Act | None = None
    ) -> None:
        """Add a version. An active one replaces the name's active version, and ends its canary.

        `beside` are the versions of the name by which the caller has decided. Raises `Conflict` if the name
        has other versions by now, or if its active version is another one or was changed; if the name already
        has the added version; or if another file (by its SHA-256) was uploaded to become that version.
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
    async def change_among(
        self, name: str, how: Callable[[Sequence[Model]], Model], *, act: ActOnModel | None = None
    ) -> Model:
        """Lock all versions of this name, oldest first. `how` returns one of them as it will be: store its
        prices, `state`, `share` and `facts`. Facts without a card leave the stored card unchanged.

        A version that becomes active replaces the name's active one (see `Model.after`), and ends its canary.
        A version that becomes a canary replaces the name's canary. Returns the changed version. Raises
        `Conflict`, and the errors of `how`.
        """

    async def change(
        self, ref: ModelRef, how: Callable[[Model], Model], *, act: ActOnModel | None = None
    ) -> Model:
        """Change this version, whatever the other versions of its name are (see `change_among`). Raises
        `ModelNotFound`, `Conflict`, and the errors of `how`."""
        return await self.change_among(ref.name, lambda versions: how(version_in(versions, ref)), act=act)

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
