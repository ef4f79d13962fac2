"""Telegram Stars: payments are credited once, even after repeated deliveries and killed processes."""

import threading

import pytest
from asyncpg import Pool

from augury.application.chats.refund_payment import RefundPayment
from augury.domain.chat import RefundRefused
from augury.inbound.telegram.client import create_bot
from augury.inbound.telegram.settings import TelegramSettings
from augury.outbound.postgres.chat_books import PostgresOpenChatBooks
from augury.outbound.system_clock import SystemClock
from augury.outbound.telegram_payments import TelegramPayments
from tests.patience import patience
from tests.processes import Process, eventually, run
from tests.telegram.conftest import BotService
from tests.telegram.server import TOKEN, Sent, TelegramServer
from tests.telegram.test_dialogue import newest


def invoice_of(telegram: TelegramServer) -> Sent:
    ada = telegram.people[7]
    ada.says("/topup")
    ada.presses(newest(telegram, "Telegram Stars"), "100 credits · ⭐ 50")
    sent: Sent = eventually(
        lambda: next((each for each in telegram.to(7) if each.invoice), None), what="an invoice"
    )
    return sent


def checked_out(telegram: TelegramServer, invoice: dict[str, object]) -> bool:
    """Whether the bot confirms the sale."""
    answers: list[bool] = []
    telegram.people[7].checks_out(invoice, lambda holds, _: answers.append(holds))
    eventually(lambda: answers, what="an answer at the till")
    return answers[0]


def test_a_payment_is_credited_once_though_it_is_delivered_twice_and_the_bot_killed_on_the_way(
    service: BotService, telegram: TelegramServer
) -> None:
    service.has("tone")
    telegram.repeats = 1
    running: list[Process] = [service.bot()]
    ada = telegram.person(7)
    invoice = invoice_of(telegram).invoice
    assert invoice is not None
    assert checked_out(telegram, invoice)
    assert not checked_out(telegram, invoice | {"payload": "1000000:1", "prices": [{"amount": 1}]})

    # The bot has credited the payment, and dies while it says so.
    died = threading.Event()

    def kill(_: object) -> None:
        running[0].kill()
        died.set()

    telegram.after("sendMessage", kill)
    charge_id = ada.has_paid(invoice)
    assert died.wait(20 * patience())
    running[0] = service.bot()
    newest(telegram, f"Receipt: {charge_id}")

    # Telegram reports the same payment as another update. The bot dies before it has handled that.
    ada.is_told_of(charge_id, invoice)
    eventually(lambda: telegram.unacknowledged == 0, what="the acknowledgement")
    running[0].kill()
    service.bot()
    said = ada.says("/balance")
    assert "You have 110 credits" in newest(telegram, "You have", after=said).text
    assert not service.deviations()


def test_a_payment_is_returned_by_the_operator_unless_its_credits_are_spent(
    service: BotService, telegram: TelegramServer
) -> None:
    service.has("tone")
    service.bot()
    ada = telegram.person(7)
    invoice = invoice_of(telegram).invoice
    assert invoice is not None
    first, second = ada.has_paid(invoice), ada.has_paid(invoice)
    newest(telegram, f"Receipt: {second}")

    telegram.fail("refundStarPayment", 400, "Bad Request: BOT_STARS_INSUFFICIENT")
    with pytest.raises(RefundRefused):
        give_back(service, telegram, first)
    assert "returned 50 stars" in service.augury("payment", "refund", first)
    give_back(service, telegram, first)
    assert telegram.refunded == {first}

    newest(telegram, f"The payment {first} was refunded; you now have 110")
    service.worker()
    for _ in range(11):
        ada.says("good day")
    eventually(lambda: any("· 99 left" in each.text for each in telegram.to(7)), what="the spending")
    refused = run("payment", "refund", second, env=service.env)
    assert refused.returncode == 1
    assert "because credits are spent: 100 were bought, 99 are left" in refused.stderr
    assert telegram.refunded == {first}

    # Telegram returns them nevertheless: the spent credit is a debt, and the next payment settles it.
    ada.is_given_back(second)
    newest(telegram, f"The payment {second} was refunded; you now have 0")
    service.augury("payment", "refund", "--given-back", second)  # already booked: changes nothing
    third = ada.has_paid(invoice)
    newest(telegram, f"1 of them settled your debt; you now have 99. Receipt: {third}")
    assert telegram.refunded == {first}
    assert not service.deviations()


def give_back(service: BotService, telegram: TelegramServer, charge_id: str) -> None:
    """Does the same as `augury payment refund`, in this process."""

    async def refund(pool: Pool) -> None:
        bot = create_bot(TelegramSettings(token=TOKEN, api_url=telegram.url))
        refund_payment = RefundPayment(
            books=PostgresOpenChatBooks(pool), payments=TelegramPayments(bot), clock=SystemClock()
        )
        try:
            await refund_payment(charge_id=charge_id)
        finally:
            await bot.session.close()

    service.with_pool(refund)
