"""People with Telegram: welcome credits, links and payments count once."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from typing_extensions import override

from augury.application.chats.ports.chats import Chat
from augury.application.chats.ports.payments import Payments, StarPayment
from augury.application.chats.refund_payment import RefundPayment
from augury.application.limits import Limits
from augury.application.ports import Unavailable
from augury.domain.balance import NotEnoughCredits
from augury.domain.chat import ChatLinked, ChatNotLinked, InvalidLink, NoBot, PaymentNotFound
from augury.domain.payment import AlreadyReversed
from augury.domain.user import PredictionsUnderWay, User
from tests.hexagon import Hexagon


@dataclass
class Till(Payments):
    """Returns payments, unless it is `away`."""

    away: bool = False
    returned: list[str] = field(default_factory=list)

    @override
    async def refund(self, payment: StarPayment) -> None:
        if self.away:
            raise Unavailable("Telegram")
        self.returned.append(payment.charge_id)


async def chat(hexagon: Hexagon, chat_id: int = 7) -> Chat:
    return await hexagon.register_chat(chat_id=chat_id, language="en")


async def link_of(hexagon: Hexagon, user: User) -> str:
    await hexagon.links.saw_bot("a_bot")
    issued = await hexagon.issue_telegram_link(user_id=user.id)
    return issued.url.partition("=")[2]


async def available(hexagon: Hexagon, chat_id: int = 7) -> int:
    known = await hexagon.chats.get(chat_id)
    assert known is not None
    return (await hexagon.balance_of(known.user_id)).available


async def test_a_person_is_welcomed_once_also_after_the_account_was_closed(hexagon: Hexagon) -> None:
    first = await chat(hexagon)
    assert await chat(hexagon) == first
    assert await available(hexagon) == hexagon.limits.telegram_welcome_credits

    await hexagon.close_account(user_id=first.user_id, forfeit=hexagon.limits.telegram_welcome_credits)
    again = await chat(hexagon)

    assert again.user_id != first.user_id
    assert await available(hexagon) == 0
    assert await hexagon.balanced()


async def test_nobody_is_welcomed_where_there_is_nothing_to_give() -> None:
    hexagon = Hexagon(Limits(telegram_welcome_credits=0))
    await chat(hexagon)
    assert await available(hexagon) == 0


async def test_without_a_bot_there_is_no_link(hexagon: Hexagon) -> None:
    user = await hexagon.user()
    with pytest.raises(NoBot):
        await hexagon.issue_telegram_link(user_id=user.id)


async def test_a_link_makes_credits_and_history_one_and_again_changes_nothing(hexagon: Hexagon) -> None:
    person, user = await chat(hexagon), await hexagon.user(100)
    prediction = await hexagon.request_prediction(person.user_id)
    await hexagon.run_all()
    code = await link_of(hexagon, user)

    for _ in range(2):
        assert await hexagon.link_chat(chat=await chat(hexagon), code=code) == user.id

    assert await available(hexagon) == 109
    stored = await hexagon.predictions.get(prediction.id, owner=user.id)
    assert stored.prediction.user_id == user.id
    assert await hexagon.balanced()


async def test_two_chats_that_use_a_link_at_once_are_one_linked_and_one_refused(hexagon: Hexagon) -> None:
    people, user = [await chat(hexagon, number) for number in (7, 8)], await hexagon.user(100)
    code = await link_of(hexagon, user)

    answers = await asyncio.gather(
        *(hexagon.link_chat(chat=person, code=code) for person in people), return_exceptions=True
    )

    assert sorted(type(answer) is InvalidLink for answer in answers) == [False, True]
    assert (await hexagon.balance_of(user.id)).available == 110
    assert await hexagon.balanced()


async def test_a_link_is_refused_when_unknown_late_or_with_open_holds(hexagon: Hexagon) -> None:
    person, user = await chat(hexagon), await hexagon.user(100)
    code = await link_of(hexagon, user)
    with pytest.raises(InvalidLink):
        await hexagon.link_chat(chat=person, code="a guess")
    prediction = await hexagon.request_prediction(person.user_id)
    with pytest.raises(PredictionsUnderWay):
        await hexagon.link_chat(chat=person, code=code)
    await hexagon.cancel_prediction(user_id=person.user_id, prediction_id=prediction.id)
    hexagon.clock.advance(timedelta(minutes=11))
    with pytest.raises(InvalidLink):
        await hexagon.link_chat(chat=person, code=code)
    assert await available(hexagon) == 10


async def test_an_account_is_not_absorbed_by_another(hexagon: Hexagon) -> None:
    person, ada, bob = await chat(hexagon), await hexagon.user(1), await hexagon.user(2)
    await hexagon.link_chat(chat=person, code=await link_of(hexagon, ada))
    linked = await hexagon.chats.get(7)
    assert linked is not None
    code = await link_of(hexagon, bob)
    with pytest.raises(ChatLinked):
        await hexagon.link_chat(chat=linked, code=code)
    assert await available(hexagon) == 11


async def test_a_preview_names_the_account_and_changes_nothing(hexagon: Hexagon) -> None:
    person, user = await chat(hexagon), await hexagon.user(100, email="ada@example.org")
    code = await link_of(hexagon, user)

    preview = await hexagon.preview_link(chat=person, code=code)

    assert (preview.account, preview.available, preview.linked) == ("a•••@example.org", 10, False)
    assert (await chat(hexagon)).user_id == person.user_id
    hexagon.clock.advance(timedelta(minutes=11))  # an unanswered question does not prolong the link
    for use in (hexagon.preview_link, hexagon.link_chat):
        with pytest.raises(InvalidLink):
            await use(chat=person, code=code)


async def test_a_preview_refuses_what_linking_would_refuse(hexagon: Hexagon) -> None:
    person, ada, bob = await chat(hexagon), await hexagon.user(), await hexagon.user()
    code, other = await link_of(hexagon, ada), await link_of(hexagon, bob)
    with pytest.raises(InvalidLink):
        await hexagon.preview_link(chat=person, code="a guess")
    prediction = await hexagon.request_prediction(person.user_id)
    with pytest.raises(PredictionsUnderWay):
        await hexagon.preview_link(chat=person, code=code)
    await hexagon.cancel_prediction(user_id=person.user_id, prediction_id=prediction.id)
    await hexagon.link_chat(chat=person, code=code)
    linked = await chat(hexagon)
    assert (await hexagon.preview_link(chat=linked, code=code)).linked
    with pytest.raises(ChatLinked):
        await hexagon.preview_link(chat=linked, code=other)


async def test_a_refused_link_is_good_for_nobody(hexagon: Hexagon) -> None:
    person, other, user = await chat(hexagon), await chat(hexagon, 8), await hexagon.user()
    code = await link_of(hexagon, user)
    await hexagon.refuse_link(chat=person, code=code)
    for each in (person, other):
        with pytest.raises(InvalidLink):
            await hexagon.link_chat(chat=each, code=code)


@pytest.mark.parametrize(("spent", "back"), [(0, 100), (60, 60), (120, 0)])
async def test_unlinking_gives_back_what_was_bought_since_as_far_as_it_is_there(
    hexagon: Hexagon, spent: int, back: int
) -> None:
    person, user = await chat(hexagon), await hexagon.user()
    await hexagon.record_payment(chat_id=person.id, charge_id="before", stars=5, credits=10)
    hexagon.clock.advance(timedelta(minutes=1))
    code = await link_of(hexagon, user)
    await hexagon.link_chat(chat=person, code=code)
    await hexagon.record_payment(chat_id=person.id, charge_id="since", stars=50, credits=100)
    if spent:
        await hexagon.request_prediction(user.id, [{"text": "hi"}] * spent)
        await hexagon.run_all()

    balance = await hexagon.unlink_chat(chat=await chat(hexagon))

    own = await chat(hexagon)
    assert own.user_id == balance.user_id != user.id
    assert await available(hexagon) == balance.available == back
    assert (await hexagon.balance_of(user.id)).available == 120 - spent - back
    await hexagon.record_payment(chat_id=person.id, charge_id="after", stars=5, credits=10)
    assert await available(hexagon) == back + 10
    assert await hexagon.balanced()
    with pytest.raises(ChatNotLinked):
        await hexagon.unlink_chat(chat=own)
    with pytest.raises(InvalidLink):  # the old button does not link it again
        await hexagon.link_chat(chat=own, code=code)


async def test_unlinking_gives_back_no_payment_that_was_returned_or_taken_back(hexagon: Hexagon) -> None:
    person, user, till = await chat(hexagon), await hexagon.user(), Till()
    await hexagon.link_chat(chat=person, code=await link_of(hexagon, user))
    for charge in ("returned", "part", "whole"):
        await hexagon.record_payment(chat_id=person.id, charge_id=charge, stars=50, credits=100)
    refund = RefundPayment(books=hexagon.chat_books, payments=till, clock=hexagon.clock)
    await refund(charge_id="returned")
    lines = await hexagon.balances.statement(user.id, limit=10)
    part = next(line for line in lines if line.transfer.kind == "top_up" and line.sequence == 4)
    await hexagon.reverse_top_up(user_id=user.id, payment=str(part.transfer.reference), amount=30)

    balance = await hexagon.unlink_chat(chat=await chat(hexagon))

    assert balance.available == 170
    await refund(charge_id="whole")  # from the account that now has its credits
    assert await available(hexagon) == 70
    assert await hexagon.balanced()


async def test_a_payment_is_credited_once_and_returned_once(hexagon: Hexagon) -> None:
    person, till = await chat(hexagon), Till(away=True)
    refund = RefundPayment(books=hexagon.chat_books, payments=till, clock=hexagon.clock)
    for _ in range(2):
        paid = await hexagon.record_payment(chat_id=person.id, charge_id="c", stars=50, credits=100)
        assert paid.balance.available == 110

    with pytest.raises(Unavailable):
        await refund(charge_id="c")
    assert await available(hexagon) == 10
    till.away = False
    for _ in range(2):
        returned = await refund(charge_id="c")
        assert returned.refunded_at is not None

    assert till.returned == ["c"]
    assert await available(hexagon) == 10
    assert await hexagon.balanced()


async def test_a_payment_that_telegram_gave_back_itself_is_not_given_back_again(hexagon: Hexagon) -> None:
    person, till = await chat(hexagon), Till()
    refund = RefundPayment(books=hexagon.chat_books, payments=till, clock=hexagon.clock)
    await hexagon.record_payment(chat_id=person.id, charge_id="c", stars=50, credits=100)

    await refund(charge_id="c", given_back=True)
    await refund(charge_id="c")

    assert till.returned == []
    assert await available(hexagon) == 10


async def test_a_payment_whose_credits_an_administrator_took_back_is_returned_without_taking_them_again(
    hexagon: Hexagon,
) -> None:
    person, till = await chat(hexagon), Till()
    refund = RefundPayment(books=hexagon.chat_books, payments=till, clock=hexagon.clock)
    references = {}
    for charge in ("whole", "part"):
        await hexagon.record_payment(chat_id=person.id, charge_id=charge, stars=50, credits=100)
        [line] = await hexagon.balances.statement(person.user_id, limit=1)
        references[charge] = str(line.transfer.reference)
    reverse = hexagon.reverse_top_up
    await reverse(user_id=person.user_id, payment=references["whole"])
    await reverse(user_id=person.user_id, payment=references["part"], amount=99)

    await refund(charge_id="whole")
    with pytest.raises(AlreadyReversed):
        await refund(charge_id="part")

    assert till.returned == ["whole"]
    assert await available(hexagon) == 11
    assert await hexagon.balanced()


async def test_spent_credits_and_unknown_payments_are_not_returned(hexagon: Hexagon) -> None:
    person, till = await chat(hexagon), Till()
    refund = RefundPayment(books=hexagon.chat_books, payments=till, clock=hexagon.clock)
    await hexagon.record_payment(chat_id=person.id, charge_id="c", stars=50, credits=100)
    await hexagon.request_prediction(person.user_id, [{"text": "hi"}] * 11)

    with pytest.raises(NotEnoughCredits):
        await refund(charge_id="c")
    with pytest.raises(PaymentNotFound):
        await refund(charge_id="d")
    assert till.returned == []
