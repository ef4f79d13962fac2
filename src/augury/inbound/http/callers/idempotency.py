"""The header `Idempotency-Key`: a request with the same key is done once, however often it is sent.

Requests are compared by a fingerprint of their JSON values. The order of an object's members, blanks, escapes
and the spelling of a number (`1.5`, `1.50`, `15e-1`) do not matter. `1` and `1.0` are different values, since
they can be different categories.
"""

import hashlib
import re
from typing import Any

import msgspec
from litestar.types import Scope

from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import UserId
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.description.operations import MOST_KEY_CHARACTERS
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import REGISTER, SIGN_IN_REQUIRED, WRONG_SHAPE
from augury.inbound.http.protocol.body import decode, without_mark

_values: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_canonical = msgspec.json.Encoder(order="sorted")
SUBMIT = b"POST predictions"
_STRING = re.compile(r'"(?:[^"\\]|\\["\\])*"')
_ESCAPED = re.compile(r"\\(.)")


async def key_of(request: SignedIn, what: str) -> IdempotencyKey | None:
    """The request's key, if it has one, with the fingerprint of `what` and of its body. Raises a 422."""
    name = name_of_key(request.scope)
    if name is None:
        return None
    body = await request.body()
    return _key(name, what.encode(), body, decode(_values, without_mark(body)) if body else {})


async def callers_key_of(request: SignedIn, what: str) -> tuple[UserId, IdempotencyKey] | None:
    """The request's key, if it has one, with the caller, whose key it is. Raises a 422."""
    key = await key_of(request, what)
    return (request.user, key) if key else None


def name_of_submit(caller: UserId | None, scope: Scope) -> str | None:
    """The key's name in a submit. Raises a 401 for a guest, who cannot send a key, and a 422."""
    name = name_of_key(scope)
    if name is not None and caller is None:
        raise Refused(SIGN_IN_REQUIRED, f"A guest cannot send `Idempotency-Key`. {REGISTER}")
    return name


def key_of_submit(name: str, body: bytes, *values: object) -> IdempotencyKey:
    """The key of a submit whose `body` has these `values`.

    The values are already decoded for the submit. Encoding them in order and digesting that takes 15 ms for
    10,000 rows of 20 numbers, and a microsecond for one text.
    """
    return _key(name, SUBMIT, body, values)


def name_of_key(scope: Scope) -> str | None:
    """The name in `Idempotency-Key`, if there is one. Surrounding whitespace is not part of it (RFC 9110,
    section 5.5), and neither are the quotes of a string (RFC 9651, section 3.3.3). More than one key is
    refused."""
    values = [value for name, value in scope["headers"] if name == b"idempotency-key"]
    if not values:
        return None
    if len(values) > 1:
        raise Refused(WRONG_SHAPE, "There is more than one `Idempotency-Key`.")
    given = values[0].strip(b" \t").decode("latin-1")
    name = _ESCAPED.sub(r"\1", given[1:-1]) if _STRING.fullmatch(given) else given
    return checked_name(name, "Idempotency-Key")


def checked_name(name: str, where: str) -> str:
    """Check the name of a key. Raises a 422 if it is not valid; `where` tells the caller its place in the
    request."""
    if not 1 <= len(name) <= MOST_KEY_CHARACTERS or not all(" " <= each <= "~" for each in name):
        raise Refused(
            WRONG_SHAPE, f"`{where}` must be 1 to {MOST_KEY_CHARACTERS} printable ASCII characters."
        )
    return name


def _key(name: str, what: bytes, body: bytes, values: object) -> IdempotencyKey:
    return IdempotencyKey(
        name,
        fingerprint=hashlib.sha256(what + b"\0values\0" + _canonical.encode(values)).digest(),
        fingerprint_of_bytes=hashlib.sha256(what + b"\0" + body).digest(),
    )
