"""Ports: models, their files, and the inspection of a file."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from augury.domain.model import Model, ModelRef
from augury.domain.model_facts import ModelFacts


class ModelUnavailable(Exception):
    """The model's file cannot be used. `str()` says why."""


class Models(Protocol):
    """The models on offer."""

    @abstractmethod
    async def get(self, name: str) -> Model:
        """The model `name` (its active version) or `name@version`. Raises `ModelNotFound`, also if it is
        retired."""

    @abstractmethod
    async def version(self, ref: ModelRef) -> Model:
        """This version, even if retired: accepted predictions still run. Raises `ModelNotFound`."""

    @abstractmethod
    async def all(self) -> Sequence[Model]:
        """Every version, including retired ones, ordered by name and version."""

    @abstractmethod
    async def add(self, model: Model) -> None:
        """Add a version. An active one replaces the name's active version.

        Raises `Conflict` if the name already has that version.
        """

    @abstractmethod
    async def versions(self, name: str) -> Sequence[Model]:
        """Every version of this name, including retired ones, the oldest first."""

    @abstractmethod
    async def change(self, ref: ModelRef, how: Callable[[Model], Model]) -> Model:
        """Lock this version and store the prices, `state` and `facts` that `how` returns.

        An active version replaces the name's active one. Returns the changed version. Raises `ModelNotFound`,
        `Conflict`, and whatever `how` raises.
        """


class ModelStore(Protocol):
    """Model files, by the SHA-256 of their content."""

    @abstractmethod
    async def put(self, file: Path) -> str:
        """Store a copy of the file. Returns its SHA-256 in hexadecimal."""

    @abstractmethod
    async def path(self, sha256: str) -> Path:
        """The path of the file, whose content was checked. Raises `ModelUnavailable`."""


class ModelInspector(Protocol):
    @abstractmethod
    async def inspect(self, file: Path) -> ModelFacts:
        """The facts in the file, read where a malicious file can do no harm.

        Raises `ModelRefused`.
        """
