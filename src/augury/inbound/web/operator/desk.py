"""Shared by the operator's pages: access, the acting administrator, and the message after a form."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from dishka.integrations.litestar import inject
from litestar import get, post
from litestar.handlers import HTTPRouteHandler

from augury.domain.audit import Author
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import UserId
from augury.inbound.web.rendering import Answer, page, see_other
from augury.inbound.web.visitor import PageRequest, administrator, form_key

SECTIONS = (
    *("overview", "users", "models", "trainings", "queue", "books", "promo-codes", "webhooks", "audit"),
)
"""The pages of the desk, as their addresses below `/app/desk` name them."""
DONE = (
    *("topped-up", "taken-back", "refunded", "blocked", "unblocked", "revoked", "made-admin", "made-member"),
    *("code-made", "code-changed", "replayed", "dropped", "check-begun"),
    *("table-sent", "trained-before", "training-ends"),
    *("sent", "priced", "activated", "canary", "promoted", "rolled-back", "retired"),
)
"""The results of forms, as `?done=` in an address names them."""
Route = Callable[[Callable[..., Any]], HTTPRouteHandler]


def desk_get(*paths: str) -> Route:
    """A page of the desk. Use cases come from the container."""
    return _route(get, paths)


def desk_post(path: str, **options: object) -> Route:
    """A form of the desk. Use cases come from the container."""
    return _route(post, [path], **options)


def _route(method: Callable[..., Route], paths: Sequence[str], **options: object) -> Route:
    made = method([*paths], guards=[administrator], include_in_schema=False, **options)
    return lambda handler: made(inject(handler))


def author_of(request: PageRequest) -> Author:
    return Author(user_id=request.user.member.id, request_id=request.user.request_id)


def desk_page(
    request: PageRequest, section: str, template: str, *, status: int = 200, **values: object
) -> Answer:
    """A page of the desk. After a form, the page's address names the result."""
    done = request.query_params.get("done", "")
    known = {"section": section, "sections": SECTIONS, "done": done if done in DONE else ""}
    return page(request, f"operator/{template}", status=status, cookies=(), **known, **values)


def done(request: PageRequest, path: str, what: str) -> Answer:
    """Redirect to a page of the desk, with the result of the form in the address."""
    assert what in DONE, what
    return see_other(request, f"/app/desk/{path}?done={what}")


def once(request: PageRequest, token: str, *what: object) -> tuple[UserId, IdempotencyKey]:
    """The key of a form that moves credits: if a double click sends it twice, it moves them once."""
    fingerprint = hashlib.sha256(repr(what).encode()).digest()
    return request.user.member.id, IdempotencyKey(f"desk:{form_key(token)}", fingerprint)
