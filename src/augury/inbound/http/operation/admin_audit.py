"""The administrator's route to the audit log."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get
from litestar.params import QueryParameter

from augury.application.operation.ports import AuditLog, Filters
from augury.domain.audit import Action, Entry, Value
from augury.domain.identifiers import UserId
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.paging import Cursor, Limit, cursor_at, id_of

ByActor = Annotated[
    str | None,
    QueryParameter(
        max_length=100,
        description="Only acts of the administrator with this id, or of this system user at the command "
        "line.",
    ),
]
OfSubject = Annotated[
    str | None,
    QueryParameter(
        max_length=200, description="Only acts on this subject, such as `user:…` or `model:tone@2`."
    ),
]
OfUser = Annotated[UUID | None, QueryParameter(description="Only acts that concern this user.")]
OfAction = Annotated[Action | None, QueryParameter(description="Only acts of this kind.")]


class EntryView(msgspec.Struct, frozen=True):
    """One act of an operator: the actor, the action, its subject, the time, and the changes.

    `actor_id` is the administrator's id. It is null at the command line, where `actor` is the name of the
    system user. `user_id` is the user whom the act concerns. `before` and `after` have the changed values.
    `request_id` identifies the request or the run of a command.
    """

    id: UUID
    at: datetime
    actor: str
    actor_id: UUID | None
    action: Action
    subject: str
    user_id: UUID | None
    before: dict[str, Value]
    after: dict[str, Value]
    request_id: str

    @classmethod
    def of(cls, entry: Entry) -> Self:
        act = entry.act
        return cls(
            entry.id,
            entry.at,
            act.author.actor,
            act.author.user_id,
            act.action,
            act.subject,
            act.user_id,
            dict(act.before),
            dict(act.after),
            act.author.request_id,
        )


class EntryPageView(msgspec.Struct, frozen=True):
    """A page may have fewer entries than `limit`, even none, although more follow: with several filters, a
    request searches only a limited number of entries."""

    __schema_name__ = "EntryPage"

    items: list[EntryView]
    next_cursor: str | None


@get(
    "/admin/audit",
    summary="Read the audit log",
    description="The acts of operators, newest first. Entries are never changed, and are kept for "
    "`AUGURY_KEEP_AUDIT`.",
    responses=documented(401, 403, 422),
)
@inject
async def read_audit_log(
    audit_log: FromDishka[AuditLog],
    limit: Limit = 20,
    cursor: Cursor = None,
    actor: ByActor = None,
    subject: OfSubject = None,
    user: OfUser = None,
    action: OfAction = None,
) -> EntryPageView:
    filters = Filters(
        actor=actor, subject=subject, user_id=None if user is None else UserId(user), action=action
    )
    page = await audit_log.page(limit=limit, before=id_of(cursor), filters=filters)
    items = [EntryView.of(entry) for entry in page.items]
    return EntryPageView(items, None if page.more is None else cursor_at(page.more.bytes))


ROUTES = (read_audit_log,)
