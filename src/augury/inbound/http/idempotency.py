"""The header `Idempotency-Key`: the same key asks for the same thing once, however often it is sent."""

import hashlib

from litestar.types import Scope

from augury.application.ports import IdempotencyKey
from augury.domain.identifiers import UserId
from augury.inbound.http.identity import SignedIn
from augury.inbound.http.operations import MOST_KEY_CHARACTERS
from augury.inbound.http.problems import SIGN_IN_REQUIRED, WRONG_SHAPE, Refused


async def key_of(request: SignedIn, what: str) -> IdempotencyKey | None:
    """The request's key, if it has one: for `what` is asked, with this body. Raises a 422."""
    header = _header(request.scope)
    return None if header is None else _key(header, what.encode(), await request.body())


def key_of_submit(caller: UserId | None, scope: Scope, body: bytes) -> IdempotencyKey | None:
    """The same of a submit, which a guest may make, but without a key: raises a 401."""
    header = _header(scope)
    if header is None:
        return None
    if caller is None:
        raise Refused(SIGN_IN_REQUIRED, "`Idempotency-Key` needs a credential: a guest has no keys.")
    return _key(header, b"POST predictions", body)


def _header(scope: Scope) -> bytes | None:
    """What is around a value is none of it (RFC 9110, section 5.5); two keys would be two requests."""
    values = [value for name, value in scope["headers"] if name == b"idempotency-key"]
    if len(values) > 1:
        raise Refused(WRONG_SHAPE, "There is more than one `Idempotency-Key`.")
    return values[0].strip(b" \t") if values else None


def _key(header: bytes, what: bytes, body: bytes) -> IdempotencyKey:
    if not 1 <= len(header) <= MOST_KEY_CHARACTERS or not all(0x20 <= byte <= 0x7E for byte in header):
        raise Refused(
            WRONG_SHAPE, f"`Idempotency-Key` is 1 to {MOST_KEY_CHARACTERS} printable ASCII characters."
        )
    return IdempotencyKey(header.decode("ascii"), hashlib.sha256(what + b"\0" + body).digest())
