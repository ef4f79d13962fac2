import asyncio
from datetime import timedelta
from uuid import uuid4

from augury.application.limits import Limits
from augury.domain.identifiers import UserId, uuid7
from augury.domain.transfer import Transfer, TransferKind
from tests.adapters import LEASE, SWEEP_EVERY, Adapters, a_prediction, finish


async def test_empty_books_balance(empty: Adapters) -> None:
    report = await empty.ledger.verify()

    assert (report.users, report.transfers, report.predictions) == (0, 0, 0)
    assert report.deviations == []


async def test_books_in_use_balance_and_are_counted(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=100)
    queued, done, partial = (a_prediction(user_id, rows=4, row_price=2) for _ in range(3))
    await adapters.accept(user_id, queued, done, partial)
    await adapters.settled(done)
    token = uuid4()
    [claim] = await adapters.claim(partial, token=token)
    await adapters.work.settle(token, [finish(claim.prediction, valid_rows=1)])
    async with adapters.books() as books:
        await books.record(
            transfers=[
                Transfer(TransferKind.REFUND, user_id, 8, done.id),
                Transfer(TransferKind.REVERSAL, user_id, 5, uuid7()),
            ]
        )

    report = await adapters.ledger.verify()

    assert (report.users, report.transfers, report.predictions) == (1, 9, 3)
    assert report.deviations == []


async def test_a_hold_without_its_prediction_does_not_pass(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=5)
    prediction = a_prediction(user_id, row_price=3)
    await adapters.accept(user_id, prediction)
    async with adapters.books() as books:
        await books.record(transfers=[Transfer(TransferKind.CAPTURE, user_id, 2, prediction.id)])

    [deviation] = await adapters.deviations()

    assert str(prediction.id) in deviation


async def test_more_refunded_than_captured_does_not_pass(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=9)
    prediction = a_prediction(user_id, row_price=3)
    await adapters.accept(user_id, prediction)
    await adapters.settled(prediction)
    async with adapters.books() as books:
        await books.record(transfers=[Transfer(TransferKind.REFUND, user_id, 4, prediction.id)])

    [deviation] = await adapters.deviations()

    assert "4 refunded, but 3 captured" in deviation


async def test_an_open_account_without_its_balance_does_not_pass(adapters: Adapters) -> None:
    user = await adapters.users.get(await adapters.user())
    await adapters.user(credits=1)
    async with adapters.books() as books:
        await books.open([user.id])
        await books.close(user)  # except that it is not marked as closed

    [deviation] = await adapters.deviations()

    assert str(user.id) in deviation


async def test_the_last_check_is_remembered_with_what_it_found(adapters: Adapters) -> None:
    assert await adapters.ledger.last_check() is None
    steps: list[tuple[int, int]] = []

    await adapters.ledger.verify(lambda done, total: steps.append((done, total)))

    first = await adapters.ledger.last_check()
    assert first is not None
    assert first.deviations == 0
    assert [done for done, _ in steps] == list(range(1, steps[0][1] + 1))

    user_id = await adapters.user(credits=9)
    prediction = a_prediction(user_id)
    await adapters.accept(user_id, prediction)
    async with adapters.books() as books:
        await books.record(transfers=[Transfer(TransferKind.RELEASE, user_id, 1, prediction.id)])
    await adapters.ledger.verify()

    second = await adapters.ledger.last_check()
    assert second is not None
    assert second.deviations == 1
    assert second.at >= first.at


async def test_what_is_processing_past_its_lease_has_one_lease_and_two_sweeps_to_be_taken_up(
    adapters: Adapters,
) -> None:
    user_id = await adapters.user(credits=1)
    [prediction] = await adapters.predictions_of(user_id, 1)
    await adapters.claim(prediction, token=uuid4(), lease=LEASE)

    await adapters.pass_time(LEASE + Limits().lease + 2 * SWEEP_EVERY - timedelta(seconds=30))
    assert await adapters.deviations() == []

    await adapters.pass_time(timedelta(seconds=31))
    [deviation] = await adapters.deviations()
    assert f"{prediction.id} is processing, but its lease ended" in deviation


async def test_books_in_use_balance_at_every_moment(adapters: Adapters) -> None:
    async def work(user_id: UserId) -> None:
        for _ in range(20):
            await adapters.settled(*(await adapters.predictions_of(user_id, 2)))
            await asyncio.sleep(0)

    workers = [asyncio.create_task(work(await adapters.user(credits=100))) for _ in range(3)]
    reports = []
    while not all(worker.done() for worker in workers):
        reports.append(await adapters.ledger.verify())
        await asyncio.sleep(0)
    await asyncio.gather(*workers)

    assert [report.deviations for report in reports] == [[]] * len(reports)
    assert len({report.transfers for report in reports}) > 1, "nothing went on between two checks"
