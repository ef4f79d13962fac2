"""Webhooks: the URLs that are called when something happens."""

from uuid import UUID

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import patch, post
from litestar.params import FromPath, JSONBody

from augury.application.webhooks.change_webhook import ChangeWebhook, WebhookChange
from augury.application.webhooks.create_webhook import CreateWebhook
from augury.application.webhooks.delete_webhook import DeleteWebhook
from augury.application.webhooks.ports import Webhooks
from augury.application.webhooks.rotate_secret import RotateSecret
from augury.domain.api_key import NotByApiKey
from augury.domain.identifiers import WebhookId
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.user import UserNotFound
from augury.domain.webhook import EventType, InvalidWebhook, TooManyWebhooks, WebhookNotFound
from augury.inbound.http.callers.identity import InPerson, SignedIn, in_person
from augury.inbound.http.callers.member_routes import member_delete, member_get
from augury.inbound.http.description.openapi import BEARER
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.body import JsonBody
from augury.inbound.http.protocol.paging import Cursor, Limit, id_of, split
from augury.inbound.http.webhooks.views import (
    CreatedWebhook,
    NewWebhook,
    RotatedSecretView,
    WebhookPage,
    WebhookPatch,
    WebhookView,
)

TAGS = ["Webhooks"]
NOT_FOUND = WebhookNotFound(webhook_id=WebhookId(UUID(int=0)))
_INVALID = InvalidWebhook(reason=Reason.of(ReasonCode.URL_NOT_HTTPS))


@post(
    "/webhooks",
    guards=[in_person],
    security=BEARER,
    dto=JsonBody[NewWebhook],
    return_dto=None,
    tags=TAGS,
    summary="Register a webhook",
    description=CreateWebhook.__doc__,
    responses=documented(
        *(401, 403, 404, 409, 413, 415, 422),
        refusals=[NotByApiKey(), UserNotFound(), TooManyWebhooks(most=10), _INVALID],
    ),
)
@inject
async def create_webhook(
    request: InPerson, data: JSONBody[NewWebhook], create: FromDishka[CreateWebhook]
) -> CreatedWebhook:
    webhook, secret = await create(
        user_id=request.user,
        url=data.url,
        events=[EventType(each) for each in data.events],
        description=data.description,
        balance_below=data.balance_below,
    )
    return CreatedWebhook(WebhookView.of(webhook), secret)


@member_get(
    "/webhooks",
    tags=TAGS,
    summary="List your webhooks",
    description="Your webhooks, newest first, without their secrets.",
    responses=documented(401, 422),
)
@inject
async def list_webhooks(
    request: SignedIn, webhooks: FromDishka[Webhooks], limit: Limit = 20, cursor: Cursor = None
) -> WebhookPage:
    before = id_of(cursor)
    found = await webhooks.page(
        request.user, limit=limit + 1, before=None if before is None else WebhookId(before)
    )
    page, next_cursor = split(found, limit, lambda webhook: webhook.id.bytes)
    return WebhookPage([WebhookView.of(each) for each in page], next_cursor)


@member_get(
    "/webhooks/{webhook_id:uuid}",
    tags=TAGS,
    summary="Read a webhook",
    description="One of your webhooks, and whether its calls succeed.",
    responses=documented(401, 404, refusals=[NOT_FOUND]),
)
@inject
async def read_webhook(
    request: SignedIn, webhook_id: FromPath[UUID], webhooks: FromDishka[Webhooks]
) -> WebhookView:
    return WebhookView.of(await webhooks.get(WebhookId(webhook_id), owner=request.user))


@patch(
    "/webhooks/{webhook_id:uuid}",
    guards=[in_person],
    security=BEARER,
    dto=JsonBody[WebhookPatch],
    return_dto=None,
    tags=TAGS,
    summary="Change a webhook",
    description=ChangeWebhook.__doc__,
    responses=documented(401, 403, 404, 413, 415, 422, refusals=[NotByApiKey(), NOT_FOUND, _INVALID]),
)
@inject
async def change_webhook(
    request: InPerson,
    webhook_id: FromPath[UUID],
    data: JSONBody[WebhookPatch],
    change: FromDishka[ChangeWebhook],
) -> WebhookView:
    wanted = WebhookChange(
        url=data.url,
        events=None if data.events is None else [EventType(each) for each in data.events],
        description=data.description,
        balance_below=data.balance_below,
        enabled=data.enabled,
    )
    return WebhookView.of(await change(user_id=request.user, webhook_id=WebhookId(webhook_id), change=wanted))


@member_delete(
    "/webhooks/{webhook_id:uuid}",
    tags=TAGS,
    summary="Delete a webhook",
    description=DeleteWebhook.__doc__,
    responses=documented(401, 404, refusals=[NOT_FOUND]),
)
@inject
async def delete_webhook(
    request: SignedIn, webhook_id: FromPath[UUID], delete: FromDishka[DeleteWebhook]
) -> None:
    await delete(user_id=request.user, webhook_id=WebhookId(webhook_id))


@post(
    "/webhooks/{webhook_id:uuid}/rotate",
    guards=[in_person],
    security=BEARER,
    status_code=200,
    tags=TAGS,
    summary="Rotate a webhook's secret",
    description=RotateSecret.__doc__,
    responses=documented(401, 403, 404, refusals=[NotByApiKey(), NOT_FOUND]),
)
@inject
async def rotate_secret(
    request: InPerson, webhook_id: FromPath[UUID], rotate: FromDishka[RotateSecret]
) -> RotatedSecretView:
    rotated = await rotate(user_id=request.user, webhook_id=WebhookId(webhook_id))
    return RotatedSecretView(rotated.secret, rotated.overlap_until)


ROUTES = (create_webhook, list_webhooks, read_webhook, change_webhook, delete_webhook, rotate_secret)
