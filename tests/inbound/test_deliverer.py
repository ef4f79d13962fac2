"""The deliverer over memory: what is sent, when, and what is stored of it. The clock is set by the test."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from augury.domain.identifiers import PredictionId
from augury.domain.user import User
from augury.domain.webhook import DisabledWhy, EventType, Webhook
from augury.domain.webhook_delivery import MOST_BODY_BYTES, DeliveryStatus, WebhookDelivery
from augury.domain.webhook_try import JITTER, WAITS, TryError, TryResult
from augury.inbound.deliverer.bodies import MOST_OUTPUT_BYTES
from tests.hexagon import Hexagon

FAILED = TryResult(status_code=500)
DAY = timedelta(days=1)


async def hooked(hexagon: Hexagon, *events: EventType, credits: int = 100) -> tuple[User, Webhook, str]:
    user = await hexagon.user(credits)
    webhook, secret = await hexagon.create_webhook(
        user_id=user.id,
        url="https://receiver.example.org/hook",
        events=events or (EventType.PREDICTION_FINISHED,),
        balance_below=5,
    )
    return user, webhook, secret


async def deliveries_of(hexagon: Hexagon, webhook: Webhook) -> Sequence[WebhookDelivery]:
    return await hexagon.deliveries.page(webhook.id, limit=100)


def bodies(hexagon: Hexagon) -> list[dict[str, Any]]:
    return [json.loads(body) for _, _, body in hexagon.sender.sent]


async def test_the_end_of_a_prediction_is_told_with_its_answer(hexagon: Hexagon) -> None:
    user, _, secret = await hooked(hexagon)
    prediction = await hexagon.request_prediction(user.id)
    await hexagon.run_all()

    await hexagon.deliver_webhooks()

    [(url, headers, body)] = hexagon.sender.sent
    assert url == "https://receiver.example.org/hook"
    told = Verifier(secret).verify(body.decode(), dict(headers))
    assert told["type"] == "prediction.finished"
    assert datetime.fromisoformat(told["timestamp"]) == hexagon.clock.now()
    stored = await hexagon.predictions.get(prediction.id, owner=user.id)
    assert stored.output is not None
    assert told["data"]["id"] == str(prediction.id)
    assert told["data"]["output"] == json.loads(stored.output)
    assert told["data"]["charged"] == 1
    assert told["data"]["urls"] == {"self": f"/predictions/{prediction.id}"}
    assert not told["data"]["output_omitted"]


async def test_a_large_answer_is_left_out_of_the_body(hexagon: Hexagon) -> None:
    user, _, _ = await hooked(hexagon, credits=2_000)
    await hexagon.request_prediction(user.id, rows=[{"text": "short"}] * 1_000)
    await hexagon.run_all()
    [record] = hexagon.memory.state.predictions.values()
    assert record.output is not None
    assert len(record.output) > MOST_OUTPUT_BYTES

    await hexagon.deliver_webhooks()

    [(_, _, body)] = hexagon.sender.sent
    assert len(body) < MOST_BODY_BYTES
    data = json.loads(body)["data"]
    assert (data["output"], data["output_omitted"]) == (None, True)


async def test_a_forgotten_answer_is_not_told(hexagon: Hexagon) -> None:
    user, _, _ = await hooked(hexagon)
    prediction = await hexagon.request_prediction(user.id)
    await hexagon.run_all()
    await hexagon.contents.forget(prediction.id, owner=user.id)

    await hexagon.deliver_webhooks()

    [told] = bodies(hexagon)
    assert (told["data"]["output"], told["data"]["output_omitted"]) == (None, False)


async def test_the_whole_schedule_is_kept(hexagon: Hexagon) -> None:
    user, webhook, _ = await hooked(hexagon)
    prediction: PredictionId = (await hexagon.request_prediction(user.id)).id
    await hexagon.run_all()
    hexagon.sender.answers = [FAILED] * 10

    for wait in WAITS:
        await hexagon.deliver_webhooks()
        hexagon.clock.advance(wait - timedelta(milliseconds=1))
        await hexagon.deliver_webhooks()
        hexagon.clock.advance(wait * JITTER + timedelta(milliseconds=2))
    await hexagon.deliver_webhooks()

    assert len(hexagon.sender.sent) == 10
    assert {headers["webhook-id"] for _, headers, _ in hexagon.sender.sent} == {
        str((await deliveries_of(hexagon, webhook))[0].id)
    }
    assert len({headers["webhook-timestamp"] for _, headers, _ in hexagon.sender.sent}) == 10
    [delivery] = await deliveries_of(hexagon, webhook)
    assert (delivery.status, delivery.tries, delivery.subject) == (DeliveryStatus.FAILED, 10, prediction)
    hexagon.clock.advance(30 * DAY)
    await hexagon.deliver_webhooks()
    assert len(hexagon.sender.sent) == 10


async def test_a_receiver_that_comes_back_gets_what_it_missed(hexagon: Hexagon) -> None:
    user, webhook, _ = await hooked(hexagon)
    hexagon.sender.answers = [TryResult(error=TryError.NOT_CONNECTED)] * 3
    for _ in range(3):
        await hexagon.request_prediction(user.id)
    await hexagon.run_all()
    for _ in range(6):
        await hexagon.deliver_webhooks()
        hexagon.clock.advance(timedelta(minutes=7))

    assert {each.status for each in await deliveries_of(hexagon, webhook)} == {DeliveryStatus.DELIVERED}
    assert (await hexagon.webhooks.get(webhook.id, owner=user.id)).failing_since is None


async def test_both_secrets_sign_during_a_rotation(hexagon: Hexagon) -> None:
    user, webhook, before = await hooked(hexagon)
    after = (await hexagon.rotate_secret(user_id=user.id, webhook_id=webhook.id)).secret

    async def signed_by() -> list[bool]:
        await hexagon.send_test_event(user_id=user.id, webhook_id=webhook.id)
        await hexagon.deliver_webhooks()
        _, headers, body = hexagon.sender.sent[-1]
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), tz=hexagon.clock.now().tzinfo)
        sent = headers["webhook-signature"].split(" ")
        return [
            Verifier(secret).sign(headers["webhook-id"], at, body.decode()) in sent
            for secret in (before, after)
        ]

    assert await signed_by() == [True, True]
    hexagon.clock.advance(hexagon.webhook_settings.rotation_overlap)
    assert await signed_by() == [False, True]


async def test_a_receiver_with_the_first_secret_verifies_after_two_rotations(hexagon: Hexagon) -> None:
    """The answer to the first rotation may have been lost, so that its secret is unknown to everybody."""
    user, webhook, secret = await hooked(hexagon)
    await hexagon.rotate_secret(user_id=user.id, webhook_id=webhook.id)
    rotated = await hexagon.rotate_secret(user_id=user.id, webhook_id=webhook.id)
    await hexagon.send_test_event(user_id=user.id, webhook_id=webhook.id)

    await hexagon.deliver_webhooks()

    [(_, headers, body)] = hexagon.sender.sent
    for each in (secret, rotated.secret):
        assert Verifier(each).verify(body.decode(), dict(headers))["type"] == "webhook.test"


async def test_the_other_events_are_told_with_their_facts(hexagon: Hexagon) -> None:
    user, webhook, _ = await hooked(
        hexagon, EventType.PAYMENT_RECEIVED, EventType.BALANCE_LOW, EventType.LIMIT_REACHED, credits=5
    )
    await hexagon.top_up(user_id=user.id, amount=1)
    for _ in range(2):
        await hexagon.request_prediction(user.id)
    await hexagon.outbox.put(user.id, EventType.LIMIT_REACHED, {"limit": "day"}, once="day 1")
    await hexagon.outbox.put(user.id, EventType.LIMIT_REACHED, {"limit": "day"}, once="day 1")
    await hexagon.send_test_event(user_id=user.id, webhook_id=webhook.id)

    await hexagon.deliver_webhooks()

    told = {each["type"]: each["data"] for each in bodies(hexagon)}
    assert len(bodies(hexagon)) == 4
    assert told["payment.received"]["credits"] == 1
    assert told["balance.low"] == {"available": 4, "balance_below": 5}
    assert told["limit.reached"] == {"limit": "day"}
    assert told["webhook.test"] == {"webhook_id": str(webhook.id)}


async def test_a_receiver_that_is_gone_gets_nothing_more(hexagon: Hexagon) -> None:
    user, webhook, _ = await hooked(hexagon)
    hexagon.sender.answers = [TryResult(status_code=410)]
    await hexagon.send_test_event(user_id=user.id, webhook_id=webhook.id)
    await hexagon.deliver_webhooks()

    await hexagon.request_prediction(user.id)
    await hexagon.run_all()
    await hexagon.deliver_webhooks()

    assert len(hexagon.sender.sent) == 1
    assert (await hexagon.webhooks.get(webhook.id, owner=user.id)).disabled_why is DisabledWhy.GONE


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (TryResult(status_code=204), "delivered"),
        (FAILED, "answered_error"),
        (TryResult(error=TryError.TIMED_OUT), "timed_out"),
    ],
)
async def test_tries_are_counted_by_outcome(hexagon: Hexagon, result: TryResult, outcome: str) -> None:
    user, webhook, _ = await hooked(hexagon)
    hexagon.sender.answers = [result]
    await hexagon.send_test_event(user_id=user.id, webhook_id=webhook.id)

    await hexagon.deliver_webhooks()

    value = hexagon.registry.get_sample_value("augury_webhook_tries_total", {"outcome": outcome})
    assert value == 1
