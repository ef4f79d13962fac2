"""Payments, over memory: refused sales, payments and refunds."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from typing_extensions import override

from augury.application.chats.ports.books import ChatBooks
from augury.application.chats.ports.payments import StarPayment
from augury.domain.transfer import InvalidAmount
from augury.inbound.telegram import lanes
from augury.outbound.memory.chat_books import MemoryChatBooks, MemoryOpenChatBooks
from tests.hexagon import Hexagon
from tests.inbound.telegram.conftest import CHAT, Town
from tests.polling import eventually
from tests.telegram.server import Person, TelegramServer

GROUP = {"id": -7, "type": "group", "title": "Friends"}
OFFER = {"payload": "100:50", "prices": [{"amount": 50}]}


def at_the_till(ada: Person, invoice: Mapping[str, object]) -> list[tuple[bool, str]]:
    """The bot's answers to the pre-checkout query, once there is one."""
    answers: list[tuple[bool, str]] = []
    ada.checks_out(invoice, lambda holds, why: answers.append((holds, why)))
    return answers


async def test_the_sale_holds_as_it_was_offered_and_else_is_refused_in_the_chosen_language(
    town: Town,
) -> None:
    async with town.bot():
        ada = town.person()
        ada.says("/start")
        await town.said("Hello!")
        await town.hexagon.chats.speak(CHAT, "ru")
        for invoice, why in (
            (OFFER, ""),
            (OFFER | {"prices": [{"amount": 1}]}, "Это предложение больше не действует"),
            (OFFER | {"payload": "1000000:50"}, "Это предложение больше не действует"),
        ):
            answers = at_the_till(ada, invoice)
            [(holds, said)] = await eventually(lambda: answers, "an answer at the till")  # noqa: B023
            assert (holds, said[: len(why)]) == (not why, why)
            assert bool(said) == bool(why)


async def test_the_till_answers_while_everybody_else_waits_for_telegram(town: Town) -> None:
    town.telegram.hang("sendMessage", 30, times=200)
    async with town.bot(stopping=0):
        for chat_id in range(100, 180):
            town.person(chat_id).says("/balance")
        ada = town.person()
        await eventually(lambda: not town.telegram.unacknowledged, "the acknowledgement")
        answers = at_the_till(ada, OFFER)
        await eventually(lambda: answers, "an answer at the till", within=10)
        assert answers == [(True, "")]
        town.telegram.calm()


async def test_stars_that_are_given_back_take_their_credits_along_and_that_is_said_once(town: Town) -> None:
    async with town.bot():
        ada = town.person()
        charge = ada.has_paid(OFFER)
        await town.said("Thank you! 100 credits were added; you now have 110")
        await town.refund_payment(charge_id=charge)
        await town.said(f"The payment {charge} was refunded; you now have 10")
        await town.all_handled()
        assert len(town.telegram.to(CHAT)) == 2
    assert await town.hexagon.balanced()


async def test_what_is_paid_in_a_group_is_who_paid_its_and_said_to_them_alone(town: Town) -> None:
    async with town.bot():
        ada = town.person()
        ada.says("/balance", chat=GROUP)
        ada.has_paid(OFFER, chat=GROUP)
        await town.said("Thank you! 100 credits were added; you now have 110")
        await town.all_handled()
        assert len(town.telegram.to(CHAT)) == 1
    assert not town.telegram.refused
    assert await town.hexagon.balanced()


async def test_what_is_paid_in_a_group_by_whom_the_bot_may_not_write_to_is_theirs(town: Town) -> None:
    async with town.bot():
        ada = town.person()
        ada.has_blocked = True
        ada.has_paid(OFFER, chat=GROUP)
        await town.all_handled()
        ada.has_blocked = False
        ada.says("/balance")
        await town.said("You have 110 credits")
    assert await town.hexagon.balanced()


async def test_a_payment_of_nobody_stays_in_the_inbox(
    town: Town, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "LAST_PAUSE", 0.001)
    monkeypatch.setattr(lanes, "FIRST_PAUSE", 0.001)
    paid = {
        "currency": "XTR",
        "total_amount": 50,
        "invoice_payload": "100:50",
        "telegram_payment_charge_id": "charge",
        "provider_payment_charge_id": "",
    }
    async with town.bot():
        town.telegram.put(
            {"message": {"message_id": 1, "date": 0, "chat": GROUP, "successful_payment": paid}}
        )
        await eventually(lambda: f"attempt {2 * lanes.MOST_TRIES}" in caplog.text, "many attempts")
    assert "a payment does not say who has paid" in caplog.text
    assert len(await town.hexagon.inbox.waiting()) == 1


async def test_a_forwarded_invoice_leads_to_the_offers(town: Town) -> None:
    async with town.bot():
        ada, bob = town.person(), town.person(8)
        ada.says("/topup")
        ada.presses(await town.said("Buy credits with Telegram Stars"), "100 credits")
        invoice = (await town.said("100 credits")).invoice
        assert invoice is not None
        bob.says(f"/start {invoice['start_parameter']}")
        offers = await town.said("Buy credits with Telegram Stars", chat_id=8)
        assert offers.button("100 credits")


async def test_what_telegram_gives_back_itself_is_taken_back_and_owed_as_far_as_it_is_spent(
    town: Town,
) -> None:
    async with town.bot():
        ada = town.person()
        first, second = ada.has_paid(OFFER), ada.has_paid(OFFER)
        await town.said("you now have 210")
        ada.is_given_back(first)
        await town.said("was refunded; you now have 110")
        chat = await town.hexagon.chats.get(CHAT)
        assert chat is not None
        await town.hexagon.request_prediction(chat.user_id, [{"text": "hi"}] * 11)
        ada.is_given_back(second)
        said = await town.said(f"The payment {second} was refunded; you now have 0")
        assert said.text.endswith("you owe 1 credit, which your next payment settles first.")
        ada.says("/balance")
        said = await town.said(
            "You have 0 credits, and 11 reserved for running predictions. You owe 1 credit"
        )
        ada.has_paid(OFFER)
        await town.said("100 credits were added, 1 of them settled your debt; you now have 99. Receipt")
    assert not town.telegram.refunded
    assert await town.hexagon.balanced()


class FullBooks(MemoryChatBooks):
    """Books that refuse further payments."""

    @override
    async def add_payment(self, payment: StarPayment) -> None:
        raise InvalidAmount(amount=1)


class OpenFullBooks(MemoryOpenChatBooks):
    @override
    def __call__(self) -> ChatBooks:
        return FullBooks(self.memory)


async def test_a_payment_that_the_books_refuse_is_never_done_with(
    hexagon: Hexagon,
    telegram: TelegramServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lanes, "LAST_PAUSE", 0.001)
    monkeypatch.setattr(lanes, "FIRST_PAUSE", 0.001)
    town, booked = Town(hexagon, telegram), hexagon.record_payment
    hexagon.record_payment = replace(booked, books=OpenFullBooks(hexagon.memory))
    async with town.bot():
        town.person().has_paid(OFFER)
        await eventually(lambda: f"attempt {2 * lanes.MOST_TRIES}" in caplog.text, "many attempts")
    assert not telegram.to(CHAT)
    hexagon.record_payment = booked
    async with town.bot():
        await town.said("you now have 110")
    assert await hexagon.balanced()


async def test_a_payment_that_nobody_understands_yet_is_never_done_with(
    town: Town, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "LAST_PAUSE", 0.001)
    monkeypatch.setattr(lanes, "FIRST_PAUSE", 0.001)
    async with town.bot():
        town.person()
        town.telegram.put({"message": {"chat": {"id": CHAT}, "successful_payment": {"of": "a later kind"}}})
        await eventually(lambda: f"attempt {2 * lanes.MOST_TRIES}" in caplog.text, "many attempts")
    assert len(await town.hexagon.inbox.waiting()) == 1


async def test_a_payment_goes_to_the_account_that_the_chat_acts_for_when_it_is_booked(
    hexagon: Hexagon,
) -> None:
    chat = await hexagon.register_chat(chat_id=CHAT, language="en")
    user = await hexagon.user()
    await hexagon.links.saw_bot("a_bot")
    code = (await hexagon.issue_telegram_link(user_id=user.id)).url.partition("=")[2]
    await hexagon.link_chat(chat=chat, code=code)

    paid = await hexagon.record_payment(chat_id=CHAT, charge_id="c", stars=50, credits=100)

    assert (paid.balance.user_id, paid.balance.available) == (user.id, 110)


async def test_a_blocked_person_buys_nothing_but_what_was_paid_is_credited(town: Town) -> None:
    async with town.bot():
        ada = town.person()
        ada.says("/start")
        await town.said("Hello!")
        chat = await town.hexagon.chats.get(CHAT)
        assert chat is not None
        await town.hexagon.block_user(user_id=chat.user_id, by=None)

        answers = at_the_till(ada, OFFER)
        [(holds, said)] = await eventually(lambda: answers, "an answer at the till")
        assert (holds, bool(said)) == (False, True)
        ada.has_paid(OFFER)
        await town.all_handled()

    assert (await town.hexagon.balance_of(chat.user_id)).available == 110
