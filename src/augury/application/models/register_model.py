from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from augury.application.models.offering import Categories, Offering, Prices, Registered, completed
from augury.application.models.ports.models import Models, ModelStore
from augury.application.models.ports.uploads import ModelInspector
from augury.application.ports import Clock
from augury.domain.answer_meaning import ReadAs
from augury.domain.audit import Author
from augury.domain.input_schema import InputSchema

LearnCategories: TypeAlias = Callable[[InputSchema], Categories]


def _no_categories(_: InputSchema) -> Categories:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFacts:
    """Facts about a model that its file does not contain and the operator gives."""

    categories: LearnCategories = _no_categories
    read_as: ReadAs | None = None
    """How to read the raw value of a file without a loss function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterModel:
    """Add a trained model file as the next version of its name."""

    models: Models
    store: ModelStore
    inspector: ModelInspector
    clock: Clock

    async def __call__(
        self,
        *,
        file: Path,
        name: str,
        row_price: int | None = None,
        text_price: int | None = None,
        activate: bool = True,
        known: GivenFacts | None = None,
        author: Author | None = None,
    ) -> Registered:
        """A price that is not given stays as in the previous version.

        The version is not made active if its features or its answers differ from those of the active version.
        If the name already has this file, no new version is made, and the given facts are stored for the
        existing one. Raises `ModelRefused`, `UnfitForModel`, `InvalidModelName`, `InvalidAmount`.
        """
        known = known or GivenFacts()
        found = await self.inspector.inspect(file)
        complete = partial(completed, categories=known.categories(found.schema), read_as=known.read_as)
        complete(found)  # before the file is stored, because it may not fit
        sha256 = await self.store.put(file)
        offering = Offering(models=self.models, clock=self.clock, author=author)
        prices = Prices(row_price, text_price)
        return await offering.offer(name, sha256, found, complete, prices, activate=activate)
