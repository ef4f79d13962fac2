"""Webhooks: the addresses that are called when something happens, and their deliveries."""

from uuid import UUID

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get, post
from litestar.params import FromPath

from augury.application.webhooks.change_webhook import ChangeWebhook, WebhookChange
from augury.application.webhooks.create_webhook import CreateWebhook
from augury.application.webhooks.delete_webhook import DeleteWebhook
from augury.application.webhooks.ports import WebhookDeliveries, Webhooks
from augury.application.webhooks.replay_deliveries import ReplayDeliveries
from augury.application.webhooks.rotate_secret import RotateSecret
from augury.application.webhooks.send_test_event import SendTestEvent
from augury.domain.errors import DomainError
from augury.domain.identifiers import DeliveryId, WebhookId
from augury.domain.webhook import SUBSCRIBABLE, EventType
from augury.domain.webhook_address import MOST_URL_CHARACTERS
from augury.domain.webhook_delivery import DeliveryNotFound
from augury.inbound.web.given import chosen, is_yes, text_of, typed_number
from augury.inbound.web.problems import status_of
from augury.inbound.web.rendering import Answer, page, see_other
from augury.inbound.web.visitor import PageRequest, signed_in

PAGE = 20


@get("/app/webhooks", guards=[signed_in], include_in_schema=False)
@inject
async def listed(request: PageRequest, webhooks: FromDishka[Webhooks]) -> Answer:
    return await _list(request, webhooks)


@post("/app/webhooks", guards=[signed_in], include_in_schema=False)
@inject
async def create(
    request: PageRequest, webhooks: FromDishka[Webhooks], create_webhook: FromDishka[CreateWebhook]
) -> Answer:
    """Show the secret of the new webhook once."""
    form = await request.form()
    address = text_of(form.get("url"), MOST_URL_CHARACTERS)
    below = typed_number(form.get("balance_below"))
    wanted: set[EventType] = {chosen(each, SUBSCRIBABLE) for each in form.getall("events", [])}
    try:
        _, secret = await create_webhook(
            user_id=request.user.member.id,
            url=address,
            events=wanted,
            balance_below=below,
        )
    except DomainError as error:
        return await _list(request, webhooks, error=error, address=address, wanted=wanted, below=below)
    return await _list(request, webhooks, secret=secret)


@get("/app/webhooks/{webhook_id:uuid}", guards=[signed_in], include_in_schema=False)
@inject
async def one(
    request: PageRequest,
    webhook_id: FromPath[UUID],
    webhooks: FromDishka[Webhooks],
    deliveries: FromDishka[WebhookDeliveries],
) -> Answer:
    return await _one(request, webhook_id, webhooks, deliveries)


@post("/app/webhooks/{webhook_id:uuid}/rotate", guards=[signed_in], include_in_schema=False)
@inject
async def rotate(
    request: PageRequest,
    webhook_id: FromPath[UUID],
    webhooks: FromDishka[Webhooks],
    deliveries: FromDishka[WebhookDeliveries],
    rotate_secret: FromDishka[RotateSecret],
) -> Answer:
    rotated = await rotate_secret(user_id=request.user.member.id, webhook_id=WebhookId(webhook_id))
    return await _one(request, webhook_id, webhooks, deliveries, secret=rotated.secret)


@post("/app/webhooks/{webhook_id:uuid}/test", guards=[signed_in], include_in_schema=False)
@inject
async def send_test(
    request: PageRequest, webhook_id: FromPath[UUID], send_test_event: FromDishka[SendTestEvent]
) -> Answer:
    await send_test_event(user_id=request.user.member.id, webhook_id=WebhookId(webhook_id))
    return see_other(request, f"/app/webhooks/{webhook_id}")


@post("/app/webhooks/{webhook_id:uuid}/replay", guards=[signed_in], include_in_schema=False)
@inject
async def replay(
    request: PageRequest, webhook_id: FromPath[UUID], replay_deliveries: FromDishka[ReplayDeliveries]
) -> Answer:
    given = str((await request.form()).get("delivery", ""))
    await replay_deliveries(
        user_id=request.user.member.id, webhook_id=WebhookId(webhook_id), what=_delivery(given)
    )
    return see_other(request, f"/app/webhooks/{webhook_id}")


@post("/app/webhooks/{webhook_id:uuid}/switch", guards=[signed_in], include_in_schema=False)
@inject
async def switch(
    request: PageRequest, webhook_id: FromPath[UUID], change_webhook: FromDishka[ChangeWebhook]
) -> Answer:
    """Enable or disable it."""
    enabled = is_yes((await request.form()).get("enabled"))
    await change_webhook(
        user_id=request.user.member.id,
        webhook_id=WebhookId(webhook_id),
        change=WebhookChange(enabled=enabled),
    )
    return see_other(request, f"/app/webhooks/{webhook_id}")


@post("/app/webhooks/{webhook_id:uuid}/delete", guards=[signed_in], include_in_schema=False)
@inject
async def delete(
    request: PageRequest, webhook_id: FromPath[UUID], delete_webhook: FromDishka[DeleteWebhook]
) -> Answer:
    await delete_webhook(user_id=request.user.member.id, webhook_id=WebhookId(webhook_id))
    return see_other(request, "/app/webhooks")


async def _list(
    request: PageRequest,
    webhooks: Webhooks,
    *,
    error: DomainError | None = None,
    address: str = "",
    wanted: set[EventType] | None = None,
    below: int | None = None,
    secret: str = "",
) -> Answer:
    return page(
        request,
        "webhooks.html",
        status=200 if error is None else status_of(error),
        webhooks=await webhooks.page(request.user.member.id, limit=100),
        events=SUBSCRIBABLE,
        error=error,
        address=address,
        wanted={EventType.PREDICTION_FINISHED} if wanted is None else wanted,
        below=below,
        secret=secret,
    )


async def _one(
    request: PageRequest,
    webhook_id: UUID,
    webhooks: Webhooks,
    deliveries: WebhookDeliveries,
    *,
    secret: str = "",
) -> Answer:
    webhook = await webhooks.get(WebhookId(webhook_id), owner=request.user.member.id)
    before = request.query_params.get("before", "")
    found = await deliveries.page(webhook.id, limit=PAGE + 1, before=_delivery(before) if before else None)
    return page(
        request,
        "webhook.html",
        webhook=webhook,
        deliveries=found[:PAGE],
        more=found[PAGE - 1].id if len(found) > PAGE else None,
        is_first=not before,
        secret=secret,
    )


def _delivery(text: str) -> DeliveryId:
    try:
        return DeliveryId(UUID(text))
    except ValueError:
        raise DeliveryNotFound(DeliveryId(UUID(int=0))) from None


ROUTES = (listed, create, one, rotate, send_test, replay, switch, delete)
