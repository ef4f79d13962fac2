"""Keeps the optional dependencies of a library out of memory."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

_modules = cast("dict[str, Any]", sys.modules)


@contextmanager
def unimportable(name: str) -> Iterator[None]:
    """Make imports of the module `name` fail while the block runs, unless it is already loaded."""
    if name in _modules:
        yield
        return
    _modules[name] = None
    try:
        yield
    finally:
        del _modules[name]
