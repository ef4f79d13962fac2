"""Webhooks, and the deliveries that settlements, payments and changes write for them."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from augury.application.chats.ports.chats import Chat
from augury.application.people.ports.users import NewUser
from augury.domain.identifiers import UserId, WebhookId, uuid7
from augury.domain.model import ModelRef, ModelState
from augury.domain.user import Role, User, UserNotFound
from augury.domain.webhook import SUBSCRIBABLE, DisabledWhy, EventType, Webhook, WebhookNotFound
from augury.domain.webhook_delivery import Facts, WebhookDelivery
from augury.domain.webhook_try import TryError, TryResult
from tests.adapters import MODEL, Adapters, a_prediction, finish
from tests.contract.test_batches import a_batch, accept
from tests.hexagon import a_model

URL = "https://receiver.example.org/hook"
EVERYTHING = SUBSCRIBABLE
DAY = timedelta(days=1)


def a_webhook(user_id: UserId, *events: EventType, balance_below: int | None = 10) -> Webhook:
    return Webhook(
        id=WebhookId(uuid7()),
        user_id=user_id,
        url=URL,
        events=events or EVERYTHING,
        description="мой приёмник",
        balance_below=balance_below,
        created_at=datetime.now(UTC),
    )


async def told(adapters: Adapters, hook: Webhook) -> list[WebhookDelivery]:
    """The deliveries of a webhook, oldest first."""
    return list(reversed(await adapters.deliveries.page(hook.id, limit=100)))


async def events_of(adapters: Adapters, hook: Webhook) -> list[EventType]:
    return [each.event for each in await told(adapters, hook)]


async def hooked(adapters: Adapters, *events: EventType, credits: int = 0) -> Webhook:
    """A new user's webhook."""
    hook = a_webhook(await adapters.user(credits), *events)
    assert await adapters.webhooks.add(hook, most=5)
    return hook


async def disable(adapters: Adapters, hook: Webhook, why: DisabledWhy) -> None:
    at = datetime.now(UTC)
    await adapters.webhooks.change(hook.id, lambda found: found.disable(why, at=at), owner=hook.user_id)


async def test_a_webhook_comes_back_as_added_and_only_to_its_owner(adapters: Adapters) -> None:
    user_id, other = await adapters.user(), await adapters.user()
    hooks = [a_webhook(user_id) for _ in range(3)]
    for each in hooks:
        assert await adapters.webhooks.add(each, most=3)
    first, second, third = hooks

    assert await adapters.webhooks.get(first.id, owner=user_id) == first
    assert await adapters.webhooks.page(user_id, limit=2) == [third, second]
    assert await adapters.webhooks.page(user_id, limit=2, before=second.id) == [first]
    assert await adapters.webhooks.page(other, limit=2) == []
    with pytest.raises(WebhookNotFound):
        await adapters.webhooks.get(first.id, owner=other)
    with pytest.raises(WebhookNotFound):
        await adapters.webhooks.change(first.id, lambda hook: hook, owner=other)
    with pytest.raises(WebhookNotFound):
        await adapters.webhooks.remove(first.id, owner=other)


async def test_a_user_has_no_more_webhooks_than_allowed(adapters: Adapters) -> None:
    user_id = await adapters.user()

    added = await asyncio.gather(*(adapters.webhooks.add(a_webhook(user_id), most=2) for _ in range(5)))

    assert sum(added) == 2
    with pytest.raises(UserNotFound):
        await adapters.webhooks.add(a_webhook(UserId(uuid7())), most=2)


async def test_a_changed_webhook_is_stored_as_changed(adapters: Adapters) -> None:
    hook = await hooked(adapters)
    now = datetime.now(UTC)

    def changed(found: Webhook) -> Webhook:
        found = replace(found, url=f"{URL}2", description="", balance_below=7, failing_since=now)
        found = found.wanting([EventType.BALANCE_LOW]).rotate(at=now, overlap=DAY)
        return found.disable(DisabledWhy.BY_OWNER, at=now)

    answered = await adapters.webhooks.change(hook.id, changed, owner=hook.user_id)

    assert await adapters.webhooks.get(hook.id, owner=hook.user_id) == answered == changed(hook)


async def test_a_settlement_tells_those_who_want_to_know(adapters: Adapters) -> None:
    hook = await hooked(adapters, credits=100)
    elsewhere = await hooked(adapters, credits=100)
    deaf = a_webhook(hook.user_id, EventType.PAYMENT_RECEIVED)
    await adapters.webhooks.add(deaf, most=5)
    one, two = await adapters.predictions_of(hook.user_id, 2)

    await adapters.settled(one)

    [delivery] = await told(adapters, hook)
    assert (delivery.event, delivery.subject) == (EventType.PREDICTION_FINISHED, one.id)
    assert delivery.id.version == 7
    assert delivery.due_at == delivery.occurred_at
    assert await told(adapters, deaf) == await told(adapters, elsewhere) == []

    async with adapters.books() as books:
        canceled = (await books.prediction(two.id)).cancel(at=datetime.now(UTC))
        await books.open([hook.user_id])
        await books.record(changed=[canceled], transfers=canceled.settlement())
    assert [each.subject for each in await told(adapters, hook)] == [one.id, two.id]


async def test_a_settlement_that_settles_nothing_tells_nothing(adapters: Adapters) -> None:
    hook = await hooked(adapters, credits=10)
    [prediction] = await adapters.predictions_of(hook.user_id, 1)
    [claimed] = await adapters.claim(prediction, token=uuid4())

    await adapters.work.settle(uuid4(), [finish(claimed.prediction)])

    assert EventType.PREDICTION_FINISHED not in await events_of(adapters, hook)


async def test_disabled_and_deleted_webhooks_are_told_nothing(adapters: Adapters) -> None:
    disabled, deleted = await hooked(adapters, credits=9), await hooked(adapters, credits=9)
    await disable(adapters, disabled, DisabledWhy.BY_OWNER)
    await adapters.webhooks.remove(deleted.id, owner=deleted.user_id)

    for hook in (disabled, deleted):
        await adapters.settled(*await adapters.predictions_of(hook.user_id, 1))

    assert await told(adapters, disabled) == await told(adapters, deleted) == []


async def test_a_low_balance_is_told_once_per_crossing(adapters: Adapters) -> None:
    hook = await hooked(adapters, EventType.BALANCE_LOW, credits=12)
    lower = a_webhook(hook.user_id, EventType.BALANCE_LOW, balance_below=8)
    await adapters.webhooks.add(lower, most=5)

    async def spend() -> None:
        await adapters.settled(*await adapters.predictions_of(hook.user_id, 1))

    for _ in range(2):
        await spend()
    assert await told(adapters, hook) == []

    for _ in range(2):
        await spend()
    [low] = await told(adapters, hook)
    assert low.facts == {"available": 9, "balance_below": 10}
    assert await told(adapters, lower) == []

    await spend()
    assert len(await told(adapters, lower)) == 1
    await top_up(adapters, hook.user_id, 4)
    for _ in range(2):
        await spend()
    assert len(await told(adapters, hook)) == 2


async def top_up(adapters: Adapters, user_id: UserId, credits: int) -> None:
    async with adapters.books() as books:
        balance = (await books.open([user_id])).balance(user_id)
        _, transfers = balance.top_up(credits, reference=uuid4())
        await books.record(transfers=transfers)


async def test_a_payment_is_told(adapters: Adapters) -> None:
    hook = await hooked(adapters)

    await top_up(adapters, hook.user_id, 50)

    [paid] = await told(adapters, hook)
    assert paid.event is EventType.PAYMENT_RECEIVED
    assert paid.facts is not None
    assert paid.facts["credits"] == 50
    assert set(paid.facts) == {"reference", "credits"}


async def test_another_active_version_is_told_to_everybody(adapters: Adapters) -> None:
    hooks = [await hooked(adapters), await hooked(adapters)]
    second = a_model("tone", 2, active=False)
    await adapters.models.add(second)
    assert await told(adapters, hooks[0]) == []

    await adapters.models.change(second.ref, lambda model: model.in_state(ModelState.ACTIVE))
    await adapters.models.change(second.ref, lambda model: replace(model, row_price=3))

    for hook in hooks:
        [delivery] = await told(adapters, hook)
        assert delivery.event is EventType.MODEL_VERSION_CHANGED
        assert delivery.facts == {"model": "tone", "version": "tone@2", "previous": "tone@1"}
    await adapters.models.add(a_model("tone", 3))
    await adapters.models.add(a_model("other", 1))
    facts = [each.facts for each in await told(adapters, hooks[0])]
    assert facts[1:] == [
        {"model": "tone", "version": "tone@3", "previous": "tone@2"},
        {"model": "other", "version": "other@1", "previous": None},
    ]


async def test_a_named_event_is_told_once(adapters: Adapters) -> None:
    hook = await hooked(adapters)
    facts: Facts = {"limit": "day", "credits": 500}

    for once in ("day 2026-11-28", "day 2026-11-28", "day 2026-11-29", None, None):
        await adapters.outbox.put(hook.user_id, EventType.LIMIT_REACHED, facts, once=once)

    deliveries = await told(adapters, hook)
    assert [each.facts for each in deliveries] == [facts] * 4


async def test_a_closed_account_has_no_webhooks(adapters: Adapters) -> None:
    hook = await hooked(adapters, credits=1)
    await adapters.settled(*await adapters.predictions_of(hook.user_id, 1))
    user = await adapters.users.get(hook.user_id)

    async with adapters.books() as books:
        await books.open([hook.user_id])
        await books.close(user.close(at=datetime.now(UTC)))

    assert await told(adapters, hook) == []
    assert await adapters.webhooks.page(hook.user_id, limit=5) == []


async def test_an_absorbed_account_has_no_webhooks(adapters: Adapters) -> None:
    absorbed = User(id=UserId(uuid7()), role=Role.MEMBER, email=None, created_at=datetime.now(UTC))
    await adapters.chats.add(Chat(id=8, user_id=absorbed.id, language="en"), NewUser(user=absorbed))
    hook = a_webhook(absorbed.id)
    await adapters.webhooks.add(hook, most=5)
    into = await adapters.user()

    async with adapters.chat_books() as books:
        await books.open([absorbed.id, into])
        await books.hand_over(8, absorbed=absorbed.id, into=into, at=datetime.now(UTC))

    assert await adapters.webhooks.page(absorbed.id, limit=5) == []


async def test_a_webhook_that_the_service_disabled_is_told_once_where_there_is_a_chat(
    adapters: Adapters,
) -> None:
    now = datetime.now(UTC)
    user = User(id=UserId(uuid7()), role=Role.MEMBER, email=None, created_at=now)
    await adapters.chats.add(Chat(id=9, user_id=user.id, language="ru"), NewUser(user=user))
    by_owner, failing = a_webhook(user.id), a_webhook(user.id)
    elsewhere = await hooked(adapters)
    for hook in (by_owner, failing):
        await adapters.webhooks.add(hook, most=5)
    for hook, why in (
        (by_owner, DisabledWhy.BY_OWNER),
        (failing, DisabledWhy.FAILING),
        (elsewhere, DisabledWhy.GONE),
    ):
        await disable(adapters, hook, why)

    [untold] = await adapters.webhooks.untold(10)
    assert (untold.webhook.id, untold.chat_id, untold.language) == (failing.id, 9, "ru")

    await adapters.webhooks.told(failing.id)
    assert await adapters.webhooks.untold(10) == []
    await adapters.webhooks.change(failing.id, lambda found: found.enable(), owner=user.id)
    await disable(adapters, failing, DisabledWhy.GONE)
    assert len(await adapters.webhooks.untold(10)) == 1


async def test_webhooks_that_fail_are_listed_for_the_operator(adapters: Adapters) -> None:
    hooks = [await hooked(adapters) for _ in range(5)]
    _, off, failing, gone, switched_off = hooks
    at = datetime.now(UTC)
    for hook in (failing, switched_off):
        await adapters.webhooks.change(
            hook.id,
            lambda found: found.after(TryResult(error=TryError.TIMED_OUT), at=at),
            owner=hook.user_id,
        )
    for hook, why in (
        (off, DisabledWhy.BY_OWNER),
        (gone, DisabledWhy.GONE),
        (switched_off, DisabledWhy.BY_OWNER),
    ):
        await disable(adapters, hook, why)

    async def listed(before: WebhookId | None = None) -> list[WebhookId]:
        known = {each.id for each in hooks}
        found = await adapters.webhooks.failing(limit=100, before=before)
        return [each.id for each in found if each.id in known]

    assert await listed() == [gone.id, failing.id]
    assert await listed(gone.id) == [failing.id]
    assert len(await adapters.webhooks.failing(limit=1)) == 1
    await adapters.webhooks.change(gone.id, lambda found: found.enable(), owner=gone.user_id)
    assert await listed() == [failing.id]


async def test_predictions_of_several_users_are_told_to_each(adapters: Adapters) -> None:
    hooks = [await hooked(adapters, credits=50) for _ in range(3)]
    predictions = [each for hook in hooks for each in await adapters.predictions_of(hook.user_id, 4)]
    predictions += await adapters.predictions_of(await adapters.user(4), 4)

    await adapters.settled(*predictions)

    for place, hook in enumerate(hooks):
        subjects = {each.subject for each in await told(adapters, hook)}
        assert subjects == {each.id for each in predictions[4 * place : 4 * place + 4]}


async def test_a_prediction_of_another_model_is_told_as_well(adapters: Adapters) -> None:
    await adapters.models.add(a_model("other", 1))
    hook = await hooked(adapters, EventType.PREDICTION_FINISHED, credits=5)
    prediction = a_prediction(hook.user_id, model=ModelRef("other", 1))
    assert prediction.model != MODEL
    await adapters.accept(hook.user_id, prediction)

    await adapters.settled(prediction)

    assert await events_of(adapters, hook) == [EventType.PREDICTION_FINISHED]


async def test_times_pass_for_webhooks_too(adapters: Adapters) -> None:
    hook = await hooked(adapters, credits=1)
    await adapters.settled(*await adapters.predictions_of(hook.user_id, 1))

    await adapters.pass_time(timedelta(days=30))

    assert await adapters.due_deliveries.purge(keep=timedelta(days=1)) == 0  # what waits is kept


@pytest.mark.parametrize("worker_died", [False, True])
async def test_the_end_of_a_batch_is_told_once_and_its_slices_are_not(
    adapters: Adapters, *, worker_died: bool
) -> None:
    """If the worker dies before it closes the batch, a sweep does so."""
    hook = await hooked(adapters, credits=20)
    batch, slices = a_batch(hook.user_id)
    await accept(adapters, batch, slices)
    await adapters.settled(*slices[:2])
    await adapters.batches.close([batch.id])
    assert await adapters.batches.close_ended() == 0
    await adapters.settled(slices[2])

    if worker_died:
        assert await adapters.batches.close_ended() == 1
    for _ in range(2):
        await adapters.batches.close([batch.id])
    assert await adapters.batches.close_ended() == 0

    told_of = [(each.event, each.subject) for each in await told(adapters, hook)]
    assert (EventType.BATCH_FINISHED, batch.id) in told_of
    assert [event for event, _ in told_of].count(EventType.BATCH_FINISHED) == 1
    assert EventType.PREDICTION_FINISHED not in [event for event, _ in told_of]
