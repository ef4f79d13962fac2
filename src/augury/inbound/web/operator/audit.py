"""The page of the audit log."""

from collections.abc import Sequence

from dishka import FromDishka

from augury.application.operation.ports import AuditLog, Filters
from augury.application.people.ports.users import Users
from augury.domain.audit import Action, Entry
from augury.domain.identifiers import UserId
from augury.domain.user import UserNotFound
from augury.inbound.web.given import choice, id_at, text_of
from augury.inbound.web.operator.audit_words import subject_of, worded
from augury.inbound.web.operator.desk import desk_get, desk_page
from augury.inbound.web.rendering import Answer
from augury.inbound.web.visitor import PageRequest

PAGE = 20
MOST_ASKED = 200


@desk_get("/app/desk/audit")
async def audit(request: PageRequest, audit_log: FromDishka[AuditLog], users: FromDishka[Users]) -> Answer:
    actor, subject = (text_of(request.query_params.get(name), MOST_ASKED) for name in ("actor", "subject"))
    action = choice(request.query_params.get("action"), Action)
    before = id_at(request.query_params.get("before", ""))
    filters = Filters(actor=actor or None, subject=subject or None, action=action)
    page = await audit_log.page(limit=PAGE, before=before, filters=filters)
    return desk_page(
        request,
        "audit",
        "audit.html",
        entries=page.items,
        more=page.more,
        names=await _names(users, page.items),
        actions=list(Action),
        action=action or "",
        is_first=before is None,
        actor=actor,
        subject=subject,
        subject_of=subject_of,
        worded_values=worded,
    )


async def _names(users: Users, entries: Sequence[Entry]) -> dict[UserId, str]:
    """The addresses of the administrators and users on the page: the log itself does not have them."""
    acts = [each.act for each in entries]
    names: dict[UserId, str] = {}
    for user_id in {*(act.author.user_id for act in acts), *(act.user_id for act in acts)}:
        if user_id is not None:
            try:
                names[user_id] = (await users.get(user_id)).email or str(user_id)
            except UserNotFound:  # the account was closed
                names[user_id] = str(user_id)
    return names


ROUTES = (audit,)
