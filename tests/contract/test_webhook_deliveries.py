"""Deliveries of webhooks: who may try which, and what is stored of a try."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from augury.application.webhooks.ports import DueDelivery, TakeTerms, Tried
from augury.domain.identifiers import DeliveryId, WebhookId, uuid7
from augury.domain.webhook import PATIENCE, DisabledWhy, EventType, Webhook
from augury.domain.webhook_delivery import DeliveryNotFound, DeliveryStatus, WebhookDelivery
from augury.domain.webhook_try import TryError, TryResult
from tests.adapters import Adapters
from tests.contract.test_webhooks import hooked, told

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
OK = TryResult(status_code=204, took=timedelta(milliseconds=120))
FAILED = TryResult(status_code=500, took=timedelta(milliseconds=3))


async def put(adapters: Adapters, hook: Webhook, how_many: int = 1) -> list[WebhookDelivery]:
    for _ in range(how_many):
        await adapters.outbox.put(hook.user_id, EventType.LIMIT_REACHED, {"limit": "day"})
    return await told(adapters, hook)


async def take(
    adapters: Adapters,
    token: UUID,
    *,
    most: int = 100,
    most_failing: int = 100,
    most_each: int = 100,
    under_way: Mapping[WebhookId, int] | None = None,
) -> Sequence[DueDelivery]:
    terms = TakeTerms(
        token=token,
        lease=60 * SECOND,
        most=most,
        most_failing=most_failing,
        most_each=most_each,
        under_way=under_way or {},
    )
    return await adapters.due_deliveries.take(terms)


async def attempt(
    adapters: Adapters, result: TryResult, *, wait: timedelta | None = None
) -> list[DueDelivery]:
    """Take all that is due, and record this result for each."""
    token = uuid4()
    due = list(await take(adapters, token))
    await adapters.due_deliveries.record(token, [Tried(each.delivery, result, wait) for each in due])
    return due


async def now(adapters: Adapters, hook: Webhook) -> Webhook:
    return await adapters.webhooks.get(hook.id, owner=hook.user_id)


async def test_a_delivery_is_taken_by_one_process_at_a_time(adapters: Adapters) -> None:
    hook = await hooked(adapters)
    [delivery] = await put(adapters, hook)

    [due] = await take(adapters, uuid4())
    assert due.delivery.id == delivery.id
    assert due.webhook == hook
    assert await take(adapters, uuid4()) == []

    await adapters.pass_time(59 * SECOND)
    assert await take(adapters, uuid4()) == []
    await adapters.pass_time(2 * SECOND)
    [again] = await take(adapters, uuid4())
    assert again.delivery.id == delivery.id


async def test_a_successful_try_ends_a_delivery(adapters: Adapters) -> None:
    hook = await hooked(adapters)
    await put(adapters, hook)

    await attempt(adapters, OK)

    [delivery] = await told(adapters, hook)
    assert (delivery.status, delivery.tries, delivery.due_at) == (DeliveryStatus.DELIVERED, 1, None)
    assert delivery.last is not None
    assert delivery.last.result == OK
    assert delivery.finished_at == delivery.last.at
    assert await take(adapters, uuid4()) == []
    assert (await now(adapters, hook)).failing_since is None


async def test_a_failed_try_is_followed_by_the_next_after_its_wait(adapters: Adapters) -> None:
    hook = await hooked(adapters)
    await put(adapters, hook)
    unreached = TryResult(error=TryError.TIMED_OUT, took=15 * SECOND)

    await attempt(adapters, unreached, wait=5 * SECOND)

    [delivery] = await told(adapters, hook)
    assert (delivery.status, delivery.tries) == (DeliveryStatus.WAITING, 1)
    assert delivery.last is not None
    assert delivery.last.result == unreached
    assert delivery.due_at == delivery.last.at + 5 * SECOND
    assert (await now(adapters, hook)).failing_since == delivery.last.at
    await adapters.pass_time(4 * SECOND)
    assert await take(adapters, uuid4()) == []
    await adapters.pass_time(2 * SECOND)
    assert len(await attempt(adapters, FAILED)) == 1
    [delivery] = await told(adapters, hook)
    assert (delivery.status, delivery.tries, delivery.due_at) == (DeliveryStatus.FAILED, 2, None)


async def test_a_process_that_lost_its_lease_records_nothing(adapters: Adapters) -> None:
    hook = await hooked(adapters)
    await put(adapters, hook)
    lost, token = uuid4(), uuid4()
    late = await take(adapters, lost)
    await adapters.pass_time(61 * SECOND)
    await take(adapters, token)

    await adapters.due_deliveries.record(lost, [Tried(each.delivery, FAILED, None) for each in late])
    assert await adapters.due_deliveries.hand_back(lost) == 0

    [delivery] = await told(adapters, hook)
    assert (delivery.status, delivery.tries) == (DeliveryStatus.WAITING, 0)
    assert await take(adapters, uuid4()) == []
    assert await adapters.due_deliveries.hand_back(token) == 1
    assert len(await take(adapters, uuid4())) == 1


async def test_webhooks_take_turns(adapters: Adapters) -> None:
    busy, quiet = await hooked(adapters), await hooked(adapters)
    await put(adapters, busy, 5)
    await put(adapters, quiet, 2)

    taken = await take(adapters, uuid4(), most=4)

    by_hook = [each.webhook.id for each in taken]
    assert by_hook.count(busy.id) == by_hook.count(quiet.id) == 2


async def test_one_webhook_has_only_so_many_under_way(adapters: Adapters) -> None:
    hook = await hooked(adapters)
    await put(adapters, hook, 5)

    assert len(await take(adapters, uuid4(), most_each=3, under_way={hook.id: 1})) == 2
    assert await take(adapters, uuid4(), most_each=3, under_way={hook.id: 3}) == []


async def test_failing_webhooks_get_one_try_at_a_time_and_leave_room_for_the_others(
    adapters: Adapters,
) -> None:
    failing = [await hooked(adapters) for _ in range(3)]
    for hook in failing:
        await put(adapters, hook, 3)
    await attempt(adapters, FAILED, wait=SECOND)
    well = await hooked(adapters)
    await put(adapters, well, 2)
    await adapters.pass_time(2 * SECOND)

    taken = await take(adapters, uuid4(), most=10, most_failing=2)

    by_hook = [each.webhook.id for each in taken]
    assert by_hook.count(well.id) == 2
    assert sorted(by_hook.count(hook.id) for hook in failing) == [0, 1, 1]


async def test_a_receiver_that_asks_to_slow_down_is_left_alone(adapters: Adapters) -> None:
    hook = await hooked(adapters)
    await put(adapters, hook)
    await attempt(adapters, TryResult(status_code=429, retry_after=100 * SECOND), wait=5 * SECOND)
    await put(adapters, hook)

    await adapters.pass_time(98 * SECOND)
    assert await take(adapters, uuid4()) == []
    await adapters.pass_time(3 * SECOND)
    assert len(await take(adapters, uuid4())) == 1


async def test_a_shorter_pause_does_not_end_a_longer_one(adapters: Adapters) -> None:
    hook = await hooked(adapters)
    await put(adapters, hook, 2)
    token = uuid4()
    one, other = await take(adapters, token)
    long, short = TryResult(status_code=429, retry_after=100 * SECOND), TryResult(status_code=502)

    for due, result in ((one, long), (other, short)):
        await adapters.due_deliveries.record(token, [Tried(due.delivery, result, SECOND)])

    await adapters.pass_time(98 * SECOND)
    assert await take(adapters, uuid4()) == []
    await adapters.pass_time(3 * SECOND)
    assert len(await take(adapters, uuid4())) == 1


async def test_a_receiver_that_is_gone_is_disabled_and_told_nothing_more(adapters: Adapters) -> None:
    hook = await hooked(adapters)
    ids = {each.id for each in await put(adapters, hook, 2)}  # two of one millisecond are in any order
    token = uuid4()
    [due] = await take(adapters, token, most=1)
    [other] = ids - {due.delivery.id}

    await adapters.due_deliveries.record(token, [Tried(due.delivery, TryResult(status_code=410), None)])

    disabled = await now(adapters, hook)
    assert disabled.disabled_why is DisabledWhy.GONE
    assert disabled.disabled_at is not None
    assert await take(adapters, uuid4()) == []
    statuses = {each.id: each.status for each in await told(adapters, hook)}
    assert statuses == {due.delivery.id: DeliveryStatus.FAILED, other: DeliveryStatus.DROPPED}


async def test_a_webhook_is_disabled_after_days_of_failure_and_not_before(adapters: Adapters) -> None:
    hook, mended = await hooked(adapters), await hooked(adapters)
    for each in (hook, mended):
        await put(adapters, each)
    await attempt(adapters, FAILED, wait=SECOND)
    await adapters.pass_time(PATIENCE - DAY)
    token = uuid4()
    [other] = [each for each in await take(adapters, token) if each.webhook.id == mended.id]
    await adapters.due_deliveries.record(token, [Tried(other.delivery, OK, None)])
    await adapters.pass_time(SECOND * 61)
    await attempt(adapters, FAILED, wait=SECOND)
    assert (await now(adapters, hook)).is_enabled

    await adapters.pass_time(DAY)
    await put(adapters, mended)
    await attempt(adapters, FAILED, wait=SECOND)

    assert (await now(adapters, hook)).disabled_why is DisabledWhy.FAILING
    assert (await now(adapters, mended)).is_enabled


async def test_one_success_among_failures_counts_as_one(adapters: Adapters) -> None:
    hook = await hooked(adapters)
    await put(adapters, hook, 3)
    token = uuid4()
    one, two, three = await take(adapters, token)

    await adapters.due_deliveries.record(
        token,
        [
            Tried(one.delivery, FAILED, SECOND),
            Tried(two.delivery, FAILED, SECOND),
            Tried(three.delivery, OK, None),
        ],
    )

    assert (await now(adapters, hook)).failing_since is None


async def test_one_delivery_is_replayed_with_all_its_tries(adapters: Adapters) -> None:
    hook, other = await hooked(adapters), await hooked(adapters)
    [delivery] = await put(adapters, hook)
    await attempt(adapters, OK)

    for webhook_id, delivery_id in ((other.id, delivery.id), (hook.id, DeliveryId(uuid7()))):
        with pytest.raises(DeliveryNotFound):
            await adapters.deliveries.replay(webhook_id, delivery_id)
    replayed = await adapters.deliveries.replay(hook.id, delivery.id)

    assert (replayed.id, replayed.status, replayed.tries) == (delivery.id, DeliveryStatus.WAITING, 0)
    token = uuid4()
    [due] = await take(adapters, token)
    assert due.delivery.id == delivery.id
    await adapters.deliveries.replay(hook.id, delivery.id)  # while it is being tried: nothing changes
    assert await take(adapters, uuid4()) == []
    await adapters.due_deliveries.record(token, [Tried(due.delivery, OK, None)])
    assert [each.status for each in await told(adapters, hook)] == [DeliveryStatus.DELIVERED]


async def test_deliveries_of_a_time_are_replayed(adapters: Adapters) -> None:
    hook = await hooked(adapters)
    await put(adapters, hook, 2)
    await attempt(adapters, OK)
    await put(adapters, hook, 2)
    await attempt(adapters, FAILED)
    waiting = await put(adapters, hook)
    since, until = datetime.now(UTC) - DAY, datetime.now(UTC) + DAY

    async def replay(*, only_failed: bool = False, limit: int = 10, since: datetime = since) -> int:
        return await adapters.deliveries.replay_range(
            hook.id, since=since, until=until, only_failed=only_failed, limit=limit
        )

    assert await replay(since=until) == 0
    assert await replay(only_failed=True) == 2
    assert await replay(limit=1) == 1
    assert [each.due_at is None for each in await told(adapters, hook)] == [False, True, *[False] * 3]
    assert len(waiting) == 5


async def test_deliveries_are_listed_newest_first_and_finished_ones_are_purged(adapters: Adapters) -> None:
    hook = await hooked(adapters)
    await put(adapters, hook, 3)
    await attempt(adapters, OK)
    newest = (await put(adapters, hook))[-1]

    page = await adapters.deliveries.page(hook.id, limit=2)
    rest = await adapters.deliveries.page(hook.id, limit=5, before=page[-1].id)
    ids = [each.id for each in (*page, *rest)]
    assert ids == sorted(ids, reverse=True)
    assert ids[0] == newest.id
    assert len(ids) == 4

    await adapters.pass_time(DAY)
    assert await adapters.due_deliveries.purge(keep=2 * DAY) == 0
    assert await adapters.due_deliveries.purge(keep=DAY / 2) == 3
    assert [each.id for each in await told(adapters, hook)] == [newest.id]


async def test_the_backlog_is_told(adapters: Adapters) -> None:
    assert (await adapters.due_deliveries.backlog()).waiting == 0
    hook = await hooked(adapters)
    await put(adapters, hook, 3)
    await adapters.pass_time(10 * SECOND)

    backlog = await adapters.due_deliveries.backlog()

    assert backlog.waiting == 3
    assert 10 * SECOND <= backlog.oldest < 20 * SECOND


async def test_an_added_delivery_is_due(adapters: Adapters) -> None:
    hook = await hooked(adapters)
    at = datetime.now(UTC)
    delivery = WebhookDelivery(
        id=DeliveryId(uuid7()),
        webhook_id=hook.id,
        event=EventType.TEST,
        facts={"webhook_id": str(hook.id)},
        occurred_at=at,
        due_at=at,
    )

    await adapters.deliveries.add(delivery)

    [due] = await take(adapters, uuid4())
    assert (due.delivery.id, due.delivery.facts) == (delivery.id, delivery.facts)
