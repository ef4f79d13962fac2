"""Paged lists: a limit, and an opaque cursor for the end of the last page."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar
from uuid import UUID

from litestar.params import QueryParameter

from augury.domain.text import is_storable
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.field_problems import FieldProblem
from augury.inbound.http.problems.refusals import WRONG_SHAPE

Item = TypeVar("Item")
Limit = Annotated[int, QueryParameter(ge=1, le=100, description="The maximum number of items per page.")]
Cursor = Annotated[
    str | None,
    QueryParameter(max_length=400, description="The `next_cursor` of the page before this one."),
]


def split(
    found: Sequence[Item], limit: int, position: Callable[[Item], bytes]
) -> tuple[Sequence[Item], str | None]:
    """The page, and the next page's cursor if there is one. `found` has one item more than `limit` if there
    is a next page."""
    page = found[:limit]
    if len(found) <= limit:
        return page, None
    return page, cursor_at(position(page[-1]))


def cursor_at(position: bytes) -> str:
    return base64.urlsafe_b64encode(position).decode().rstrip("=")


def id_of(cursor: str | None) -> UUID | None:
    """Raises a 422 if this is not a cursor of a list that is ordered by id."""
    return None if cursor is None else UUID(bytes=_position(cursor, length=16))


def number_of(cursor: str | None, *, most: int = 2**63 - 1) -> int | None:
    """Raises a 422 if this is not a cursor of a list that is ordered by a number of at most `most`."""
    if cursor is None:
        return None
    number = int.from_bytes(_position(cursor, length=8), "big", signed=True)
    if number > most:
        raise _not_a_cursor()
    return number


def text_of(cursor: str | None) -> str | None:
    """Raises a 422 if this is not a cursor of a list that is ordered by name."""
    if cursor is None:
        return None
    try:
        text = _position(cursor).decode("ascii")
    except UnicodeDecodeError:
        raise _not_a_cursor() from None
    if not text.isprintable():
        raise _not_a_cursor()
    return text


def address_of(cursor: str | None) -> str | None:
    """Raises a 422 if this is not a cursor of a list that is ordered by e-mail address."""
    if cursor is None:
        return None
    try:
        address = _position(cursor).decode()
    except UnicodeDecodeError:
        raise _not_a_cursor() from None
    if not is_storable(address):
        raise _not_a_cursor()
    return address


def number_position(number: int) -> bytes:
    return number.to_bytes(8, "big", signed=True)


def _position(cursor: str, *, length: int | None = None) -> bytes:
    try:
        position = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        position = b""
    if not position or (length is not None and len(position) != length):
        raise _not_a_cursor()
    return position


def _not_a_cursor() -> Refused:
    message = "is not a cursor of this list"
    return Refused(WRONG_SHAPE, f"`cursor` {message}.", errors=[FieldProblem(None, "cursor", message)])
