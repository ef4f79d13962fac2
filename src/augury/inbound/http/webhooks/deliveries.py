"""Deliveries: the events that were sent to a webhook, or are to be sent to it."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar.params import FromPath, JSONBody

from augury.application.webhooks.ports import WebhookDeliveries, Webhooks
from augury.application.webhooks.replay_deliveries import PastEvents, ReplayDeliveries
from augury.application.webhooks.send_test_event import SendTestEvent
from augury.domain.identifiers import DeliveryId, WebhookId
from augury.domain.webhook import EventType, WebhookDisabled
from augury.domain.webhook_delivery import DeliveryNotFound, DeliveryStatus, WebhookDelivery
from augury.domain.webhook_try import TryError
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.callers.member_routes import member_get, member_post
from augury.inbound.http.problems.described import documented
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.field_problems import FieldProblem
from augury.inbound.http.problems.refusals import WRONG_SHAPE
from augury.inbound.http.protocol.body import JsonBody
from augury.inbound.http.protocol.paging import Cursor, Limit, id_of, split
from augury.inbound.http.webhooks.routes import NOT_FOUND, TAGS


class DeliveryView(msgspec.Struct, frozen=True):
    """An event for a webhook, with its newest attempt: the status of the answer, or the `error` if there was
    none. `id` is the `webhook-id` that the receiver gets."""

    id: UUID
    event: EventType
    subject: UUID | None
    """The prediction or batch of the event."""
    status: DeliveryStatus
    tries: int
    occurred_at: datetime
    next_try_at: datetime | None
    last_try_at: datetime | None
    status_code: int | None
    error: TryError | None
    duration_ms: int | None
    finished_at: datetime | None

    @classmethod
    def of(cls, delivery: WebhookDelivery) -> Self:
        last = delivery.last
        return cls(
            id=delivery.id,
            event=delivery.event,
            subject=delivery.subject,
            status=delivery.status,
            tries=delivery.tries,
            occurred_at=delivery.occurred_at,
            next_try_at=delivery.due_at,
            last_try_at=last.at if last else None,
            status_code=last.result.status_code if last else None,
            error=last.result.error if last else None,
            duration_ms=round(last.result.took.total_seconds() * 1000) if last else None,
            finished_at=delivery.finished_at,
        )


class DeliveryPage(msgspec.Struct, frozen=True):
    items: list[DeliveryView]
    next_cursor: str | None


class Replay(msgspec.Struct, forbid_unknown_fields=True):
    """Either `delivery_id`, or the period in which the events occurred."""

    delivery_id: UUID | None = None
    since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    only_failed: bool = False


class DeliveriesReplayed(msgspec.Struct, frozen=True):
    """The number of deliveries that are sent again."""

    replayed: int


@member_post(
    "/webhooks/{webhook_id:uuid}/test",
    status_code=202,
    tags=TAGS,
    summary="Test a webhook",
    description=SendTestEvent.__doc__,
    responses=documented(401, 404, 409, refusals=[NOT_FOUND, WebhookDisabled()]),
)
@inject
async def send_test_event(
    request: SignedIn, webhook_id: FromPath[UUID], send: FromDishka[SendTestEvent]
) -> DeliveryView:
    return DeliveryView.of(await send(user_id=request.user, webhook_id=WebhookId(webhook_id)))


@member_post(
    "/webhooks/{webhook_id:uuid}/replay",
    dto=JsonBody[Replay],
    return_dto=None,
    status_code=202,
    tags=TAGS,
    summary="Send deliveries again",
    description=ReplayDeliveries.__doc__,
    responses=documented(
        *(401, 404, 409, 413, 415, 422),
        refusals=[NOT_FOUND, DeliveryNotFound(delivery_id=DeliveryId(UUID(int=0))), WebhookDisabled()],
    ),
)
@inject
async def replay_deliveries(
    request: SignedIn,
    webhook_id: FromPath[UUID],
    data: JSONBody[Replay],
    replay: FromDishka[ReplayDeliveries],
) -> DeliveriesReplayed:
    what = _what(data)
    return DeliveriesReplayed(await replay(user_id=request.user, webhook_id=WebhookId(webhook_id), what=what))


@member_get(
    "/webhooks/{webhook_id:uuid}/deliveries",
    tags=TAGS,
    summary="List a webhook's deliveries",
    description="The events for one of your webhooks, newest first, with the newest attempt of each. Of "
    "the receiver's answer, only the status is shown.",
    responses=documented(401, 404, 422, refusals=[NOT_FOUND]),
)
@inject
async def list_deliveries(
    request: SignedIn,
    webhook_id: FromPath[UUID],
    webhooks: FromDishka[Webhooks],
    deliveries: FromDishka[WebhookDeliveries],
    limit: Limit = 20,
    cursor: Cursor = None,
) -> DeliveryPage:
    webhook = await webhooks.get(WebhookId(webhook_id), owner=request.user)
    before = id_of(cursor)
    found = await deliveries.page(
        webhook.id, limit=limit + 1, before=None if before is None else DeliveryId(before)
    )
    page, next_cursor = split(found, limit, lambda delivery: delivery.id.bytes)
    return DeliveryPage([DeliveryView.of(each) for each in page], next_cursor)


def _what(data: Replay) -> DeliveryId | PastEvents:
    """Raises a 422 unless the request names either one delivery or a period."""
    if data.delivery_id is not None and data.since is None and data.until is None:
        return DeliveryId(data.delivery_id)
    if data.since is not None and data.delivery_id is None:
        return PastEvents(since=data.since, until=data.until, only_failed=data.only_failed)
    message = "send either `delivery_id`, or `since` and optionally `until`"
    errors = [FieldProblem(None, "since", message)]
    raise Refused(WRONG_SHAPE, f"{message[0].upper()}{message[1:]}.", errors=errors)


ROUTES = (send_test_event, replay_deliveries, list_deliveries)
