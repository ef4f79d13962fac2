import asyncio

import pytest

from augury.application.chats.link_chat import LinkChat
from augury.application.chats.ports.chats import Chat
from augury.application.money.ports import Moved
from augury.application.money.reverse_top_up import ReverseTopUp
from augury.application.money.top_up import TopUp
from augury.application.people.ports.users import NewUser
from augury.application.people.tokens import digest
from augury.domain.balance import Balance, NotReversible
from augury.domain.idempotency import IdempotencyConflict, IdempotencyKey
from augury.domain.identifiers import UserId, uuid7
from augury.domain.payment import AlreadyReversed, TopUpNotFound
from augury.domain.transfer import InvalidAmount, TransferKind
from augury.domain.user import Role, User, UserNotFound
from augury.outbound.system_clock import SystemClock
from tests.adapters import LEASE, Adapters


def reversing(adapters: Adapters) -> ReverseTopUp:
    return ReverseTopUp(users=adapters.users, books=adapters.books)


def topping_up(adapters: Adapters) -> TopUp:
    return TopUp(users=adapters.users, books=adapters.books)


async def test_a_top_up_is_taken_back_and_the_statement_names_it(adapters: Adapters) -> None:
    user_id, payment = await adapters.user(credits=3), str(uuid7())
    await topping_up(adapters)(user_id=user_id, amount=5, payment=payment)

    moved = await reversing(adapters)(user_id=user_id, payment=payment)

    assert moved == Moved(Balance(user_id, available=3))
    [line, *_] = await adapters.balances.statement(user_id, limit=1)
    assert (line.transfer.kind, line.transfer.amount) == (TransferKind.REVERSAL, 5)
    assert str(line.transfer.reference) == payment
    assert await adapters.deviations() == []


async def test_a_part_may_be_taken_back_but_no_more_than_was_given_and_is_available(
    adapters: Adapters,
) -> None:
    user_id, payment = await adapters.user(), str(uuid7())
    await topping_up(adapters)(user_id=user_id, amount=5, payment=payment)
    await adapters.predictions_of(user_id, 2)

    with pytest.raises(InvalidAmount):
        await reversing(adapters)(user_id=user_id, payment=payment, amount=6)
    with pytest.raises(NotReversible) as refused:
        await reversing(adapters)(user_id=user_id, payment=payment)
    assert (refused.value.amount, refused.value.available) == (5, 3)
    assert await adapters.balance(user_id) == Balance(user_id, available=3, held=2, pending=2)

    await reversing(adapters)(user_id=user_id, payment=payment, amount=3)

    assert await adapters.balance(user_id) == Balance(user_id, available=0, held=2, pending=2)
    assert await adapters.deviations() == []


async def test_many_reversals_at_once_are_one(adapters: Adapters) -> None:
    user_id, payment = await adapters.user(credits=20), str(uuid7())
    await topping_up(adapters)(user_id=user_id, amount=5, payment=payment)

    answers = await asyncio.gather(
        *(reversing(adapters)(user_id=user_id, payment=payment, amount=2) for _ in range(30)),
        return_exceptions=True,
    )

    assert [answer for answer in answers if isinstance(answer, Moved)] == [
        Moved(Balance(user_id, available=23))
    ]
    assert sum(isinstance(answer, AlreadyReversed) for answer in answers) == 29
    assert await adapters.deviations() == []


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_repeated_key_takes_back_once(adapters: Adapters, at_once: bool) -> None:
    user_id, admin_id, payment = await adapters.user(), await adapters.user(), str(uuid7())
    await topping_up(adapters)(user_id=user_id, amount=5, payment=payment)
    key = (admin_id, IdempotencyKey("key", b"print"))

    def asked() -> asyncio.Task[Moved]:
        return asyncio.create_task(reversing(adapters)(user_id=user_id, payment=payment, amount=2, key=key))

    if at_once:
        answers = await asyncio.gather(*(asked() for _ in range(5)))
    else:
        answers = [await asked() for _ in range(5)]

    assert sorted(answer.replayed for answer in answers) == [False, True, True, True, True]
    assert {answer.balance for answer in answers} == {Balance(user_id, available=3)}
    other = (admin_id, IdempotencyKey("key", b"other print"))
    with pytest.raises(IdempotencyConflict):
        await reversing(adapters)(user_id=user_id, payment=payment, amount=2, key=other)


async def test_only_a_top_up_of_this_very_user_is_taken_back(adapters: Adapters) -> None:
    user_id, other, payment = await adapters.user(credits=9), await adapters.user(credits=9), str(uuid7())
    await topping_up(adapters)(user_id=user_id, amount=5, payment=payment)
    [granted] = await adapters.balances.statement(other, limit=9)

    for name in (payment, str(uuid7()), "another", str(granted.transfer.reference)):
        with pytest.raises(TopUpNotFound):
            await reversing(adapters)(user_id=other, payment=name)
    with pytest.raises(UserNotFound):
        await reversing(adapters)(user_id=UserId(uuid7()), payment=payment)
    assert await adapters.balance(other) == Balance(other, available=9)


async def test_a_top_up_of_an_account_that_was_absorbed_is_taken_back_from_the_one_that_has_it(
    adapters: Adapters,
) -> None:
    into, payment = await adapters.user(), str(uuid7())
    chats_own = User(id=UserId(uuid7()), role=Role.MEMBER, email=None, created_at=SystemClock().now())
    chat = await adapters.chats.add(Chat(id=7, user_id=chats_own.id, language="en"), NewUser(user=chats_own))
    await topping_up(adapters)(user_id=chats_own.id, amount=5, payment=payment)
    await adapters.links.issue(digest("code"), into, LEASE)
    link = LinkChat(books=adapters.chat_books, users=adapters.users, clock=SystemClock())
    await link(chat=chat, code="code")

    await reversing(adapters)(user_id=into, payment=payment)

    assert await adapters.balance(into) == Balance(into)
    assert await adapters.deviations() == []
