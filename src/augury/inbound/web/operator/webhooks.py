"""The desk's page of failing webhooks, whose owners may need help."""

from urllib.parse import urlsplit

from dishka import FromDishka

from augury.application.webhooks.ports import Webhooks
from augury.domain.identifiers import WebhookId
from augury.inbound.web.given import id_at
from augury.inbound.web.operator.desk import desk_get, desk_page
from augury.inbound.web.rendering import Answer
from augury.inbound.web.visitor import PageRequest

PAGE = 20


@desk_get("/app/desk/webhooks")
async def failing(request: PageRequest, webhooks: FromDishka[Webhooks]) -> Answer:
    before = id_at(request.query_params.get("before", ""))
    found = await webhooks.failing(limit=PAGE + 1, before=WebhookId(before) if before else None)
    return desk_page(
        request,
        "webhooks",
        "webhooks.html",
        # The path and query of an address may hold its owner's secrets.
        hooks=[(each, urlsplit(each.url).hostname or "") for each in found[:PAGE]],
        more=found[PAGE - 1].id if len(found) > PAGE else None,
        is_first=before is None,
    )


ROUTES = (failing,)
