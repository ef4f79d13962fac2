"""The types of the messages about a job, by the annotations of its function and of what that returns."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from inspect import signature
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from augury.inbound.tables.elsewhere.wire import Asked, Decoder, Done, Failed, Item, Refused
from augury.inbound.tables.elsewhere.workplace import Factory

_RETURNED = "return"


OPENED: Decoder = msgspec.msgpack.Decoder(Done[None] | Asked | Refused | Failed)
"""Reads the answers to the message that makes the object."""


@cache
def answers_to(factory: Factory, method: str) -> Decoder:
    """Reads the answers to a call: items, if the method is annotated as an iterator."""
    kinds: Any = (Item, Done)  # their types are known only here
    item, done = kinds
    returned = get_type_hints(_method(factory, method))[_RETURNED]
    if get_origin(returned) is Iterator:
        [each] = get_args(returned)
        return msgspec.msgpack.Decoder(item[each] | done[None] | Asked | Refused | Failed)
    return msgspec.msgpack.Decoder(done[returned] | Asked | Refused | Failed)


def given(function: Callable[..., Any], arguments: Sequence[Any], *, skipped: int) -> Sequence[Any]:
    """The arguments in a message, converted to the types in the function's annotations. The message lacks the
    first `skipped` arguments."""
    hints = get_type_hints(function)
    types = [hints[name] for name in signature(function).parameters][skipped:]
    return [msgspec.convert(each, kind) for each, kind in zip(arguments, types, strict=False)]


def _method(factory: Factory, name: str) -> Callable[..., Any]:
    """The function of the class that the factory returns."""
    method: Callable[..., Any] = getattr(get_type_hints(factory)[_RETURNED], name)
    return method
