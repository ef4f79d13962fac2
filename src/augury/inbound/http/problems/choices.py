"""The values that a parameter or a member can have, so that a refusal can list them."""

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

Shape = Any  # the type of a struct or of a parameter
ANY_NAME = "[...]"
"""msgspec's path for a member whose name it does not tell."""


def choices_at(shape: Shape, path: str) -> Sequence[str]:
    """The values of the enumeration or the literal at this path of `shape`: a member's name, or an index.
    Empty for all other types."""
    shapes = [shape]
    for name in filter(None, re.split(r"[.\[\]]", path.replace(ANY_NAME, "[*]"))):
        shapes = [inner for each in shapes for inner in _inside(each, name)]
    return [choice for each in shapes for one in _alternatives(each) for choice in _choices(one)]


def _origin(shape: Shape) -> Shape:
    return get_origin(shape)


def _inside(shape: Shape, name: str) -> Iterator[Shape]:
    for each in _alternatives(shape):
        if isinstance(each, type) and issubclass(each, msgspec.Struct):
            yield from (field.type for field in msgspec.structs.fields(each) if field.encode_name == name)
        elif _origin(each) in (list, dict):
            yield get_args(each)[-1]


def _alternatives(shape: Shape) -> Iterator[Shape]:
    """The members of a union, without annotations."""
    if _origin(shape) is Annotated:
        yield from _alternatives(get_args(shape)[0])
    elif _origin(shape) in (Union, UnionType):
        for each in get_args(shape):
            yield from _alternatives(each)
    else:
        yield shape


def _choices(shape: Shape) -> Iterator[str]:
    if isinstance(shape, type) and issubclass(shape, Enum):
        yield from (str(each.value) for each in shape)
    elif _origin(shape) is Literal:
        yield from map(str, get_args(shape))
