import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from augury.application.ports import Json
from augury.application.predictions.ports.events import Ended
from augury.application.predictions.ports.reads import StoredPrediction
from augury.application.predictions.ports.work import Finished
from augury.domain.balance import Balance
from augury.domain.identifiers import PredictionId, uuid7
from augury.domain.prediction import Failure, Status
from augury.domain.row_errors import RowError, RowFault
from tests.adapters import INPUT, LEASE, OUTPUT, Adapters, a_prediction, finish
from tests.hexagon import a_model

HOUR = timedelta(hours=1)


async def test_a_claim_starts_predictions_and_brings_their_rows_ordered_by_id(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=3)
    predictions = await adapters.predictions_of(user_id, 3)

    claimed = await adapters.claim(*reversed(predictions), token=uuid4())

    assert [each.prediction.id for each in claimed] == [each.id for each in predictions]
    for each in claimed:
        assert (each.prediction.status, each.prediction.attempts, each.input) == (Status.PROCESSING, 1, INPUT)
        assert each.prediction.started_at is not None
        assert await adapters.now(each.prediction) == each.prediction
    assert await adapters.balance(user_id) == Balance(user_id, held=3, pending=3)


async def test_a_claim_passes_over_what_is_not_to_be_run(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    queued, canceled, done, running = await adapters.predictions_of(user_id, 4)
    late = a_prediction(user_id, expires_at=datetime.now(UTC) - HOUR)
    await adapters.accept(user_id, late)
    async with adapters.books() as books:
        end = (await books.prediction(canceled.id)).cancel(at=datetime.now(UTC))
        await books.record(changed=[end], transfers=end.settlement())
    await adapters.settled(done)
    await adapters.claim(running, token=uuid4())
    unknown = a_prediction(user_id)

    claimed = await adapters.claim(late, canceled, done, running, unknown, queued, token=uuid4())

    assert [each.prediction.id for each in claimed] == [queued.id]


async def test_what_is_not_in_the_books_is_unknown_whatever_the_status_of_the_rest(
    adapters: Adapters,
) -> None:
    user_id = await adapters.user(credits=2)
    queued, done = await adapters.predictions_of(user_id, 2)
    await adapters.settled(done)
    nobody = a_prediction(user_id)

    assert list(await adapters.work.unknown([queued.id, done.id, nobody.id])) == [nobody.id]
    assert not await adapters.work.unknown([])


async def test_a_claim_of_nothing_claims_nothing(adapters: Adapters) -> None:
    assert not await adapters.claim(token=uuid4())


async def test_two_claims_never_share_a_prediction(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=2)
    first, second = await adapters.predictions_of(user_id, 2)

    one = await adapters.claim(first, second, token=uuid4())
    other = await adapters.claim(first, second, token=uuid4())

    assert (len(one), len(other)) == (2, 0)


async def test_a_beginning_leaves_what_a_worker_lost_and_a_claim_does_not(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=2)
    begun, fresh = await adapters.predictions_of(user_id, 2)
    await adapters.claim(begun, token=uuid4())
    await adapters.pass_time(HOUR)
    async with adapters.books() as books:
        [abandoned] = (await books.due(10, put_before=None)).abandoned
        await books.record(changed=[abandoned.abandon(at=datetime.now(UTC))])

    assert [each.prediction.id for each in await adapters.begin(begun, fresh, token=uuid4())] == [fresh.id]

    [again] = await adapters.claim(begun, token=uuid4())
    assert (again.prediction.id, again.prediction.attempts) == (begun.id, 2)


@pytest.mark.parametrize(
    ("rows", "most_rows", "claimed_rows"),
    [
        ([5, 5, 5], 10, [5, 5]),
        ([5, 5, 5], 14, [5, 5]),
        ([5, 5, 5], 15, [5, 5, 5]),
        ([50, 1], 10, [50]),
        ([1, 50, 1], 10, [1]),
    ],
)
async def test_a_claim_is_bounded_by_rows_but_takes_the_first_in_any_case(
    adapters: Adapters, rows: list[int], most_rows: int, claimed_rows: list[int]
) -> None:
    user_id = await adapters.user(credits=100)
    ids = sorted(uuid7() for _ in rows)
    predictions = [a_prediction(user_id, id=one, rows=each) for one, each in zip(ids, rows, strict=True)]
    await adapters.accept(user_id, *predictions)

    claimed = await adapters.claim(*predictions, token=uuid4(), most_rows=most_rows)

    assert [each.prediction.rows for each in claimed] == claimed_rows


@pytest.mark.parametrize(("most_bytes", "claimed"), [(1, 1), (30, 2), (44, 2), (45, 3)])
async def test_a_claim_is_bounded_by_bytes_of_input_but_takes_the_first_in_any_case(
    adapters: Adapters, most_bytes: int, claimed: int
) -> None:
    assert len(INPUT) == 15
    user_id = await adapters.user(credits=3)
    predictions = await adapters.predictions_of(user_id, 3)

    started = await adapters.claim(*predictions, token=uuid4(), most_bytes=most_bytes)

    assert [each.prediction.id for each in started] == [each.id for each in predictions[:claimed]]


async def test_a_settlement_stores_results_and_moves_exactly_what_was_earned(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=100)
    whole, partial, failed = (a_prediction(user_id, rows=4, row_price=3) for _ in range(3))
    await adapters.accept(user_id, whole, partial, failed)
    token = uuid4()
    started = {
        each.prediction.id: each.prediction
        for each in await adapters.claim(whole, partial, failed, token=token)
    }
    errors = (RowError(0, None, RowFault.NOT_PREDICTED),)
    finished = [
        finish(started[whole.id]),
        finish(started[partial.id], valid_rows=1, errors=errors),
        finish(started[failed.id], valid_rows=0, errors=errors),
    ]

    settled = await adapters.work.settle(token, finished)

    assert set(settled) == {whole.id, partial.id, failed.id}
    assert await adapters.balance(user_id) == Balance(user_id, available=100 - 12 - 3)
    assert await adapters.deviations() == []
    for each, output in zip(finished, (OUTPUT, OUTPUT, None), strict=True):
        stored = await adapters.predictions.get(each.prediction.id, owner=user_id)
        assert stored == StoredPrediction(each.prediction, output, each.errors)


@pytest.mark.parametrize(
    ("row_price", "unpredicted", "charged"),
    [(2, 0, 4 + 15), (2, 1_500, 2 + 5), (2, 2_400, 2 + 5), (0, 1_400, 10), (0, 2_500, 0)],
)
async def test_text_is_held_and_settled_to_the_credit(
    adapters: Adapters, row_price: int, unpredicted: int, charged: int
) -> None:
    user_id = await adapters.user(credits=100)
    valid_rows = 1 if unpredicted else 2
    prediction = a_prediction(user_id, rows=2, row_price=row_price, text_price=5, text_bytes=2_500)
    await adapters.accept(user_id, prediction)
    held = 2 * row_price + 15
    assert await adapters.balance(user_id) == Balance(user_id, available=100 - held, held=held, pending=1)
    token = uuid4()
    [claim] = await adapters.claim(prediction, token=token)
    assert (claim.prediction.text_price, claim.prediction.text_bytes) == (5, 2_500)

    done = finish(claim.prediction, valid_rows=valid_rows, unpredicted_text_bytes=unpredicted)
    await adapters.work.settle(token, [done])

    assert await adapters.now(prediction) == done.prediction
    assert done.prediction.charged == charged
    assert await adapters.balance(user_id) == Balance(user_id, available=100 - charged)
    assert await adapters.deviations() == []


async def test_text_of_what_is_canceled_is_given_back(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=100)
    prediction = a_prediction(user_id, text_price=5, text_bytes=2_500)
    await adapters.accept(user_id, prediction)
    async with adapters.books() as books:
        end = (await books.prediction(prediction.id)).cancel(at=datetime.now(UTC))
        await books.record(changed=[end], transfers=end.settlement())

    assert await adapters.now(prediction) == end
    assert await adapters.balance(user_id) == Balance(user_id, available=100)
    assert await adapters.deviations() == []


async def test_a_free_prediction_is_settled_without_a_transfer(adapters: Adapters) -> None:
    user_id = await adapters.user()
    prediction = a_prediction(user_id, row_price=0)
    await adapters.accept(user_id, prediction)

    await adapters.settled(prediction)

    assert (await adapters.now(prediction)).status is Status.SUCCEEDED
    assert await adapters.balance(user_id) == Balance(user_id)
    assert await adapters.balances.statement(user_id, limit=10) == []


async def test_a_batch_of_many_users_is_settled_in_one_go(adapters: Adapters) -> None:
    users = [await adapters.user(credits=5) for _ in range(4)]
    predictions = [each for user_id in users for each in await adapters.predictions_of(user_id, 3)]

    assert len(await adapters.settled(*predictions)) == 12

    for user_id in users:
        assert await adapters.balance(user_id) == Balance(user_id, available=2)
    assert await adapters.deviations() == []


async def test_a_failure_is_stored_with_its_reason(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    [prediction] = await adapters.predictions_of(user_id, 1)
    token = uuid4()
    [claim] = await adapters.claim(prediction, token=token)
    failed = claim.prediction.fail(Failure.MODEL_UNAVAILABLE, at=datetime.now(UTC))

    await adapters.work.settle(token, [Finished(failed, None)])

    assert await adapters.now(prediction) == failed
    assert await adapters.balance(user_id) == Balance(user_id, available=1)


async def test_a_wrong_token_changes_nothing(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    [prediction] = await adapters.predictions_of(user_id, 1)
    [claim] = await adapters.claim(prediction, token=uuid4())
    wrong = uuid4()

    assert not await adapters.work.settle(wrong, [finish(claim.prediction)])
    assert not await adapters.work.hand_back(wrong, [prediction.id])
    assert await adapters.work.renew(wrong, lease=LEASE, ids=[prediction.id]) == 0

    assert await adapters.now(prediction) == claim.prediction
    assert await adapters.balance(user_id) == Balance(user_id, held=1, pending=1)


async def test_a_zombie_changes_nothing_once_another_has_its_work(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=2)
    taken, kept = await adapters.predictions_of(user_id, 2)
    zombie, successor = uuid4(), uuid4()
    claims = await adapters.claim(taken, kept, token=zombie)
    await adapters.work.renew(zombie, lease=2 * HOUR, ids=[kept.id])
    await adapters.pass_time(HOUR)
    async with adapters.books() as books:
        [abandoned] = (await books.due(10, put_before=None)).abandoned
        await books.record(changed=[abandoned.abandon(at=datetime.now(UTC))])
    [again] = await adapters.claim(taken, token=successor)

    settled = await adapters.work.settle(
        zombie, [finish(each.prediction, output=Json(b"1")) for each in claims]
    )

    assert list(settled) == [kept.id]
    assert (await adapters.now(taken)).status is Status.PROCESSING
    assert await adapters.balance(user_id) == Balance(user_id, held=1, pending=1)
    assert list(await adapters.work.settle(successor, [finish(again.prediction)])) == [taken.id]
    assert (await adapters.predictions.get(taken.id, owner=user_id)).output == OUTPUT
    assert await adapters.balance(user_id) == Balance(user_id)
    assert await adapters.deviations() == []


async def test_settling_twice_moves_the_credits_once(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    [prediction] = await adapters.predictions_of(user_id, 1)
    token = uuid4()
    [claim] = await adapters.claim(prediction, token=token)

    assert await adapters.work.settle(token, [finish(claim.prediction)])
    assert not await adapters.work.settle(token, [finish(claim.prediction)])

    assert await adapters.balance(user_id) == Balance(user_id)
    assert await adapters.deviations() == []


async def test_what_is_handed_back_is_queued_again_and_the_attempt_not_counted(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=2)
    mine, done = await adapters.predictions_of(user_id, 2)
    token = uuid4()
    claims = {each.prediction.id: each.prediction for each in await adapters.claim(mine, done, token=token)}
    await adapters.work.settle(token, [finish(claims[done.id])])

    handed_back = await adapters.work.hand_back(token, [mine.id, done.id])

    assert list(handed_back) == [mine.id]
    assert await adapters.now(mine) == mine
    [again] = await adapters.claim(mine, token=uuid4())
    assert again.prediction.attempts == 1


async def test_a_renewal_covers_what_is_still_under_the_lease_and_says_how_much(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=3)
    long, short, done = await adapters.predictions_of(user_id, 3)
    token = uuid4()
    claims = {
        each.prediction.id: each.prediction for each in await adapters.claim(long, short, done, token=token)
    }
    await adapters.work.settle(token, [finish(claims[done.id])])

    assert (
        await adapters.work.renew(token, lease=2 * HOUR, ids=[long.id, done.id, PredictionId(uuid7())]) == 1
    )

    await adapters.pass_time(HOUR)
    async with adapters.books() as books:
        due = await books.due(10, put_before=None)
    assert [each.id for each in due.abandoned] == [short.id]


async def test_workers_that_claim_at_once_share_the_work_without_overlap(adapters: Adapters) -> None:
    users = [await adapters.user(credits=10) for _ in range(3)]
    predictions = [each for user_id in users for each in await adapters.predictions_of(user_id, 10)]

    async def work(order: int) -> list[PredictionId]:
        token = uuid4()
        mine = predictions[order:] + predictions[:order]
        claims = await adapters.claim(*mine, token=token, most_rows=7)
        return list(await adapters.work.settle(token, [finish(each.prediction) for each in claims]))

    settled: list[PredictionId] = []
    while len(settled) < len(predictions):
        for ids in await asyncio.gather(*(work(order) for order in range(0, 30, 6))):
            settled += ids

    assert sorted(settled) == sorted(each.id for each in predictions)
    for user_id in users:
        assert await adapters.balance(user_id) == Balance(user_id)
    assert await adapters.deviations() == []


async def test_the_event_of_an_end_tells_what_a_read_of_it_shows(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=2)
    accepted = await adapters.predictions_of(user_id, 2)
    token = uuid4()
    first, second = await adapters.claim(*accepted, token=token)
    at = datetime.now(UTC)
    finished = [
        finish(first.prediction),
        Finished(second.prediction.fail(Failure.MODEL_UNAVAILABLE, at=at), None),
    ]

    await adapters.work.settle(token, finished)

    for before, ended in zip(accepted, map(Ended.by_worker, finished), strict=True):
        assert ended.ending is not None
        read = await adapters.predictions.get(before.id, owner=user_id)
        assert ended.ending.of(before, ended.status) == read


async def test_what_is_begun_stays_queued_and_is_settled_without_a_claim(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=3)
    predictions = await adapters.predictions_of(user_id, 3)
    token = uuid4()

    begun = await adapters.begin(*reversed(predictions), token=token)

    assert [each.prediction.id for each in begun] == [each.id for each in predictions]
    for each, prediction in zip(begun, predictions, strict=True):
        assert (each.prediction.status, each.prediction.attempts, each.input) == (Status.PROCESSING, 1, INPUT)
        assert await adapters.now(prediction) == prediction
    ids = {each.id for each in predictions}
    assert set(await adapters.work.begun(ids)) == ids

    finished = [finish(each.prediction) for each in begun]
    assert set(await adapters.work.settle(token, finished)) == ids

    for done in finished:
        assert await adapters.now(done.prediction) == done.prediction
    assert not await adapters.work.begun(ids)
    assert await adapters.balance(user_id) == Balance(user_id)
    assert await adapters.deviations() == []


async def test_a_beginning_passes_over_what_is_not_to_be_run_and_is_bounded(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    canceled, done, running, first, second = await adapters.predictions_of(user_id, 5)
    late = a_prediction(user_id, expires_at=datetime.now(UTC) - HOUR)
    await adapters.accept(user_id, late)
    async with adapters.books() as books:
        end = (await books.prediction(canceled.id)).cancel(at=datetime.now(UTC))
        await books.record(changed=[end], transfers=end.settlement())
    await adapters.settled(done)
    await adapters.claim(running, token=uuid4())
    asked = (late, canceled, done, running, a_prediction(user_id), second, first)

    begun = await adapters.begin(*asked, token=uuid4(), most_rows=1)
    assert [each.prediction.id for each in begun] == [first.id]
    assert not await adapters.begin(late, canceled, done, running, token=uuid4())
    third = (await adapters.predictions_of(user_id, 1))[0]
    assert len(await adapters.begin(second, third, token=uuid4(), most_bytes=2 * len(INPUT))) == 2


async def test_what_has_begun_is_not_begun_again_though_its_message_comes_twice(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=2)
    begun, other = await adapters.predictions_of(user_id, 2)
    token = uuid4()
    await adapters.begin(begun, token=token)

    assert [each.prediction.id for each in await adapters.begin(begun, other, token=uuid4())] == [other.id]

    await adapters.work.hand_back(token, [begun.id])
    assert [each.prediction.id for each in await adapters.begin(begun, token=uuid4())] == [begun.id]


async def test_what_two_workers_run_is_charged_once(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    [prediction] = await adapters.predictions_of(user_id, 1)
    [begun] = await adapters.begin(prediction, token=uuid4())

    settled = [await adapters.work.settle(uuid4(), [finish(begun.prediction)]) for _ in range(2)]

    assert [list(each) for each in settled] == [[prediction.id], []]
    assert await adapters.balance(user_id) == Balance(user_id)
    assert await adapters.deviations() == []


async def test_what_is_canceled_while_it_runs_is_not_charged(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    [prediction] = await adapters.predictions_of(user_id, 1)
    token = uuid4()
    [begun] = await adapters.begin(prediction, token=token)
    async with adapters.books() as books:
        end = (await books.prediction(prediction.id)).cancel(at=datetime.now(UTC))
        await books.record(changed=[end], transfers=end.settlement())

    assert not await adapters.work.settle(token, [finish(begun.prediction)])

    assert await adapters.now(prediction) == end
    assert await adapters.balance(user_id) == Balance(user_id, available=1)


async def test_a_run_that_takes_longer_is_put_under_a_lease(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=2)
    slow, canceled = await adapters.predictions_of(user_id, 2)
    token = uuid4()
    begun, _ = await adapters.begin(slow, canceled, token=token)
    async with adapters.books() as books:
        end = (await books.prediction(canceled.id)).cancel(at=datetime.now(UTC))
        await books.record(changed=[end], transfers=end.settlement())

    assert await adapters.work.renew(token, lease=LEASE, ids=[slow.id, canceled.id]) == 1

    assert await adapters.now(slow) == begun.prediction
    assert not await adapters.begin(slow, token=uuid4())
    assert not await adapters.claim(slow, token=uuid4())
    assert list(await adapters.work.settle(token, [finish(begun.prediction)])) == [slow.id]
    assert await adapters.deviations() == []


@pytest.mark.parametrize("is_leased", [False, True])
async def test_a_run_that_is_handed_back_is_as_if_it_had_not_been(
    adapters: Adapters, is_leased: bool
) -> None:
    user_id = await adapters.user(credits=1)
    [prediction] = await adapters.predictions_of(user_id, 1)
    token = uuid4()
    await adapters.begin(prediction, token=token)
    if is_leased:
        await adapters.work.renew(token, lease=LEASE, ids=[prediction.id])

    await adapters.work.hand_back(token, [prediction.id])

    assert await adapters.now(prediction) == prediction
    assert not await adapters.work.begun([prediction.id])


@pytest.mark.parametrize("is_claimed", [False, True])
async def test_what_a_silent_worker_had_begun_is_left_and_its_attempt_counts(
    adapters: Adapters, is_claimed: bool
) -> None:
    user_id = await adapters.user(credits=3)
    taken, kept, prefetched = await adapters.predictions_of(user_id, 3)
    dead, alive = uuid4(), uuid4()
    [begun] = await (adapters.claim if is_claimed else adapters.begin)(taken, token=dead)
    await adapters.begin(kept, token=alive)
    await adapters.pass_time(timedelta(seconds=3))
    await adapters.work.renew(alive, lease=LEASE, ids=[kept.id])

    async with adapters.books() as books:
        [left] = await books.left(silent_for=timedelta(seconds=2))
        queued = left.abandon(at=datetime.now(UTC))
        await books.record(changed=[queued])

    assert (left.id, left.status, left.attempts) == (taken.id, Status.PROCESSING, 1)
    assert await adapters.now(taken) == queued
    assert (await adapters.now(prefetched)).attempts == 0
    assert not await adapters.work.settle(dead, [finish(begun.prediction)])  # it was only frozen
    assert not await adapters.work.begun([taken.id])
    async with adapters.books() as books:
        assert not await books.left(silent_for=timedelta(seconds=2))
    [again] = await adapters.claim(taken, token=uuid4())
    assert again.prediction.attempts == 2


async def test_a_sweep_takes_nothing_that_is_begun_for_lost_or_late(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=2)
    begun = a_prediction(user_id, expires_at=datetime.now(UTC) + timedelta(seconds=40))
    await adapters.accept(user_id, begun)
    await adapters.begin(begun, token=uuid4())
    await adapters.pass_time(timedelta(seconds=50))

    async with adapters.books() as books:
        due = await books.due(10, put_before=datetime.now(UTC))

    assert (due.lost, due.expired, due.abandoned) == ([], [], [])


async def test_a_row_of_a_slow_model_counts_as_several(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=100)
    fast, slow = a_model("quick"), a_model("slow")
    for each in (fast, slow):
        await adapters.models.add(each)
    ids = sorted(uuid7() for _ in range(4))
    asked = [
        a_prediction(user_id, id=one, model=model.ref, rows=2)
        for one, model in zip(ids, (fast, slow, slow, fast), strict=True)
    ]
    await adapters.accept(user_id, *asked)

    async def begun(most_rows: int, most_bytes: int = 10_000) -> int:
        token, weights = uuid4(), {slow.ref: 2.5}
        found = await adapters.begin(
            *asked, token=token, most_rows=most_rows, most_bytes=most_bytes, weights=weights
        )
        await adapters.work.hand_back(token, [each.prediction.id for each in found])
        return len(found)

    assert [await begun(most) for most in (1, 6, 7, 11, 12, 14)] == [1, 1, 2, 2, 3, 4]
    size = len(INPUT)
    assert [await begun(1_000, most) for most in (3 * size, 4 * size, 6 * size, 7 * size)] == [1, 2, 3, 4]
