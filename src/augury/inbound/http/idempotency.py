"""The header `Idempotency-Key`: the same key asks for the same thing once, however often it is sent.

What is asked is told apart by a fingerprint of the JSON's values: the order of an object's members, blanks,
escapes and the spelling of a number (`1.5`, `1.50`, `15e-1`) change nothing. `1` and `1.0` are two values: a
category may know them apart.
"""

import hashlib
from typing import Any

import msgspec
from litestar.types import Scope

from augury.application.ports import IdempotencyKey
from augury.domain.identifiers import UserId
from augury.inbound.http.body import decode, without_mark
from augury.inbound.http.identity import SignedIn
from augury.inbound.http.operations import MOST_KEY_CHARACTERS
from augury.inbound.http.problem_kinds import REGISTER, SIGN_IN_REQUIRED, WRONG_SHAPE
from augury.inbound.http.problems import Refused

_values: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_canonical = msgspec.json.Encoder(order="sorted")
SUBMIT = b"POST predictions"


async def key_of(request: SignedIn, what: str) -> IdempotencyKey | None:
    """The request's key, if it has one: for `what` is asked, with this body. Raises a 422."""
    name = _name(request.scope)
    if name is None:
        return None
    body = await request.body()
    return _key(name, what.encode(), body, decode(_values, without_mark(body)) if body else {})


def name_of_submit(caller: UserId | None, scope: Scope) -> str | None:
    """The key's name in a submit, which a guest may make, but without a key: raises a 401, a 422."""
    name = _name(scope)
    if name is not None and caller is None:
        raise Refused(SIGN_IN_REQUIRED, f"A guest cannot send `Idempotency-Key`. {REGISTER}")
    return name


def key_of_submit(name: str, body: bytes, *values: object) -> IdempotencyKey:
    """The key of a submit whose `body` has these `values`.

    They were decoded for the submit's own sake. To write them down in order and to digest that takes 15 ms
    where there are 10,000 rows of 20 numbers, and a microsecond where there is one text.
    """
    return _key(name, SUBMIT, body, values)


def _name(scope: Scope) -> str | None:
    """What is around a value is none of it (RFC 9110, section 5.5); two keys would be two requests."""
    values = [value for name, value in scope["headers"] if name == b"idempotency-key"]
    if not values:
        return None
    if len(values) > 1:
        raise Refused(WRONG_SHAPE, "There is more than one `Idempotency-Key`.")
    name = values[0].strip(b" \t")
    if not 1 <= len(name) <= MOST_KEY_CHARACTERS or not all(0x20 <= byte <= 0x7E for byte in name):
        raise Refused(
            WRONG_SHAPE, f"`Idempotency-Key` is 1 to {MOST_KEY_CHARACTERS} printable ASCII characters."
        )
    return name.decode("ascii")


def _key(name: str, what: bytes, body: bytes, values: object) -> IdempotencyKey:
    return IdempotencyKey(
        name,
        fingerprint=hashlib.sha256(what + b"\0values\0" + _canonical.encode(values)).digest(),
        fingerprint_of_bytes=hashlib.sha256(what + b"\0" + body).digest(),
    )
