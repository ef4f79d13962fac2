"""Ports: models, their files, and what inspects them."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from augury.domain.model import Model, ModelRef
from augury.domain.model_facts import ModelFacts


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
        """Add a version; an active one takes the place of the name's active version.

        Raises `Conflict` where the name has that version already.
        """

    @abstractmethod
    async def versions(self, name: str) -> Sequence[Model]:
        """Every version of this name, retired ones too, the oldest first."""

    @abstractmethod
    async def change(self, ref: ModelRef, how: Callable[[Model], Model]) -> Model:
        """Lock this version and store what `how` makes of its `row_price`, `state` and `facts`.

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
