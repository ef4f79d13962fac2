"""The author of an administrator's request, for the audit log."""

import re

from litestar.types import Scope

from augury.domain.audit import Author
from augury.domain.identifiers import uuid7
from augury.inbound.http.callers.identity import SignedIn

_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def author_of(request: SignedIn) -> Author:
    return Author(user_id=request.user, request_id=request_id_of(request.scope))


def request_id_of(scope: Scope) -> str:
    """The request's id from a proxy (`X-Request-Id`), or else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ID.fullmatch(value):
            return value.decode("ascii")
    return str(uuid7())
