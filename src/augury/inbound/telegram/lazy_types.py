"""Builds each of aiogram's types when it is first used.

aiogram has pydantic build all of its 450 types when it is imported, which takes 3 s of CPU time and 90 MB. A
bot uses few of them. Import this module before aiogram; if aiogram is already imported, it does nothing.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pydantic import BaseModel


@contextmanager
def _nothing_is_built() -> Iterator[dict[str, object]]:
    """Yields the names that aiogram's types use for each other, once aiogram has passed them to pydantic."""
    names: dict[str, object] = {}

    def remember(
        _: type[BaseModel], /, *, _types_namespace: Mapping[str, object] | None = None, **__: object
    ) -> None:
        names.update(_types_namespace or {})

    build = BaseModel.__dict__["model_rebuild"]
    setattr(BaseModel, "model_rebuild", classmethod(remember))  # noqa: B010  # a type checker refuses assignment
    try:
        yield names
    finally:
        setattr(BaseModel, "model_rebuild", build)  # noqa: B010


def _import_types() -> None:
    with _nothing_is_built() as names:
        from aiogram.types import Update
    # pydantic looks for a type's names in the type's module, where aiogram has them for type checkers only.
    for module in [each for name, each in sys.modules.items() if name.startswith("aiogram.types.")]:
        for name, value in names.items():
            vars(module).setdefault(name, value)
    Update.model_rebuild()  # so that the first update does not wait for it


if "aiogram.types" not in sys.modules:
    _import_types()
