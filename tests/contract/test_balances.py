from augury.domain.balance import Balance
from augury.domain.identifiers import UserId, uuid7
from augury.domain.transfer import Transfer, TransferKind
from tests.adapters import Adapters


async def top_up(adapters: Adapters, user_id: UserId, *amounts: int) -> list[Transfer]:
    transfers = [Transfer(TransferKind.TOP_UP, user_id, amount, uuid7()) for amount in amounts]
    for transfer in transfers:
        async with adapters.books() as books:
            await books.record(transfers=[transfer])
    return transfers


async def test_who_has_no_balance_has_nothing(adapters: Adapters) -> None:
    unknown = UserId(uuid7())

    assert await adapters.balances.of(unknown) == Balance(unknown)
    assert await adapters.balances.statement(unknown, limit=10) == []


async def test_a_statement_holds_every_movement_newest_first(adapters: Adapters) -> None:
    user_id, other = await adapters.user(), await adapters.user()
    first = await top_up(adapters, user_id, 1, 2)
    await top_up(adapters, other, 100)
    last = await top_up(adapters, user_id, 3)

    lines = await adapters.balances.statement(user_id, limit=10)

    assert [line.transfer for line in lines] == [*last, *reversed(first)]
    sequences = [line.sequence for line in lines]
    assert sequences == sorted(set(sequences), reverse=True)
    assert all(line.created_at.tzinfo is not None for line in lines)


async def test_a_statement_comes_in_pages_that_new_movements_do_not_shift(adapters: Adapters) -> None:
    user_id = await adapters.user()
    transfers = await top_up(adapters, user_id, 1, 2, 3, 4, 5)

    first = await adapters.balances.statement(user_id, limit=2)
    await top_up(adapters, user_id, 6)
    second = await adapters.balances.statement(user_id, limit=2, before=first[-1].sequence)
    third = await adapters.balances.statement(user_id, limit=2, before=second[-1].sequence)

    amounts = [[line.transfer.amount for line in each] for each in (first, second, third)]
    assert amounts == [[5, 4], [3, 2], [1]]
    assert third[0].transfer == transfers[0]
    assert await adapters.balances.statement(user_id, limit=2, before=third[0].sequence) == []


async def test_a_prediction_leaves_its_hold_and_its_settlement_on_the_statement(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    [prediction] = await adapters.predictions_of(user_id, 1)
    await adapters.settled(prediction)

    lines = await adapters.balances.statement(user_id, limit=10)

    assert [(line.transfer.kind, line.transfer.reference) for line in lines] == [
        (TransferKind.CAPTURE, prediction.id),
        (TransferKind.HOLD, prediction.id),
        (TransferKind.GRANT, user_id),
    ]
