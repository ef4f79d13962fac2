"""Shared by the operator's pages: access, the acting administrator, and the message after a form."""

import hashlib
from functools import partial
from uuid import UUID

from litestar import get, post

from augury.application.ports import IdempotencyKey
from augury.domain.audit import Author
from augury.domain.identifiers import UserId
from augury.domain.user import UserNotFound
from augury.inbound.web.rendering import Answer, page, see_other
from augury.inbound.web.visitor import PageRequest, administrator, form_key

SECTIONS = ("overview", "users", "models", "queue", "books", "promo-codes", "webhooks", "audit")
"""The pages of the desk, as their addresses below `/app/desk` name them."""
MOST_CREDIT_DIGITS = 15
desk_get = partial(get, guards=[administrator], include_in_schema=False)
desk_post = partial(post, guards=[administrator], include_in_schema=False)


def author_of(request: PageRequest) -> Author:
    return Author(user_id=request.user.member.id, request_id=request.user.request_id)


def desk_page(
    request: PageRequest, section: str, template: str, *, status: int = 200, **values: object
) -> Answer:
    """A page of the desk. After a form, the result stands in its address."""
    done = request.query_params.get("done", "")
    known = {"section": section, "sections": SECTIONS, "done": done if done in DONE else ""}
    return page(request, f"operator/{template}", status=status, cookies=(), **known, **values)


def done(request: PageRequest, path: str, what: str) -> Answer:
    """Redirect to a page of the desk, with the result of the form in the address."""
    assert what in DONE, what
    return see_other(request, f"/app/desk/{path}?done={what}")


DONE = (
    *("topped-up", "taken-back", "refunded", "blocked", "unblocked", "revoked", "made-admin", "made-member"),
    *("code-made", "code-changed", "replayed", "dropped", "check-begun"),
    *("sent", "priced", "activated", "canary", "promoted", "rolled-back", "retired"),
)


def number_in(text: str) -> int | None:
    """A whole number from a form. None for an empty field. -1 for anything else, which every rule refuses."""
    text = text.strip().replace("\u00a0", "").replace(" ", "")
    if not text:
        return None
    return int(text) if text.isdecimal() and len(text) <= MOST_CREDIT_DIGITS else -1


def user_id_in(text: object) -> UserId:
    """Raises `UserNotFound`."""
    try:
        return UserId(UUID(str(text)))
    except ValueError:
        raise UserNotFound from None


def once(request: PageRequest, token: str, *what: object) -> tuple[UserId, IdempotencyKey]:
    """The key of a form that moves credits: if a double click sends it twice, it moves them once."""
    fingerprint = hashlib.sha256(repr(what).encode()).digest()
    return request.user.member.id, IdempotencyKey(f"desk:{form_key(token)}", fingerprint)
