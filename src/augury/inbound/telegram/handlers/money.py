"""Telegram Stars and promo codes. Credits are added only after Telegram has confirmed the payment."""

import hashlib
import logging

from aiogram import F, Router
from aiogram.exceptions import TelegramBadRequest
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import CallbackQuery, LabeledPrice, Message, PreCheckoutQuery

from augury.domain.chat import PaymentNotFound
from augury.domain.idempotency import IdempotencyKey, name_of_message
from augury.inbound.telegram.desk import Desk
from augury.inbound.telegram.keyboards import button, keyboard
from augury.inbound.telegram.settings import Package
from augury.inbound.telegram.talk import Talk
from augury.inbound.telegram.texts import language_of, said_in_any, speech
from augury.inbound.telegram.topics import in_topic

STARS = "XTR"
START = "topup"
"""The argument of `/start` in the link of a forwarded invoice. Without it, the forwarded invoice could be
paid."""
log = logging.getLogger(__name__)


def money_router() -> Router:
    router = Router(name="money")
    router.message(F.successful_payment)(paid)
    router.message(F.refunded_payment)(returned)
    router.pre_checkout_query()(check_out)
    router.message(Command("topup"))(top_up)
    router.message(CommandStart(magic=F.args == START))(top_up)
    router.message(F.text.in_(said_in_any("button-topup")))(top_up)
    router.callback_query(F.data.startswith("buy:"))(buy)
    router.message(Command("paysupport"))(pay_support)
    router.message(Command("redeem"))(redeem)
    return router


async def top_up(_: Message, talk: Talk) -> None:
    say, packages = talk.say, talk.desk.settings.on_sale
    if not packages:
        await talk.send(say("topup-none"))
        return
    choices = [
        button(say.plain("button-package", credits=each.credits, stars=each.stars), f"buy:{payload(each)}")
        for each in packages
    ]
    await talk.send(say("topup"), keyboard(choices=choices, wide=1))


async def buy(query: CallbackQuery, talk: Talk) -> None:
    package = offered((query.data or "").removeprefix("buy:"), talk.desk)
    if package is None:
        await talk.send(talk.say("checkout-refused"))
        return
    title = talk.say.plain("invoice-title", credits=package.credits)
    await in_topic(
        talk.thread_id,
        lambda thread_id: talk.bot.send_invoice(
            talk.chat.id,
            title=title,
            description=talk.say.plain("invoice-description"),
            payload=payload(package),
            currency=STARS,
            prices=[LabeledPrice(label=title, amount=package.stars)],
            start_parameter=START,
            message_thread_id=thread_id,
        ),
    )


async def check_out(query: PreCheckoutQuery, desk: Desk) -> None:
    """Confirm or refuse a sale. Telegram waits ten seconds for the answer."""
    package = offered(query.invoice_payload, desk)
    holds = package is not None and (query.currency, query.total_amount) == (STARS, package.stars)
    chat = await desk.chats.get(query.from_user.id)
    holds = holds and not (chat and chat.blocked)
    say = speech(chat.language if chat else language_of(query.from_user.language_code))
    try:
        await query.answer(ok=holds, error_message=None if holds else say.plain("checkout-refused"))
    except TelegramBadRequest as error:  # too late: Telegram has canceled the payment
        log.warning("a pre-checkout query was not answered in time: %s", error)


async def paid(message: Message, talk: Talk) -> None:
    payment = message.successful_payment
    assert payment is not None
    bought = int(payment.invoice_payload.partition(":")[0])  # written by us: nobody can forge it
    recorded = await talk.desk.record_payment(
        chat_id=talk.chat.id,
        charge_id=payment.telegram_payment_charge_id,
        stars=payment.total_amount,
        credits=bought,
    )
    await talk.send(
        talk.say(
            "paid",
            credits=bought,
            available=recorded.balance.spendable,
            repaid=recorded.repaid,
            charge=payment.telegram_payment_charge_id,
        )
    )


async def returned(message: Message, talk: Talk) -> None:
    """Take back the credits of a payment that we or Telegram refunded. Spent credits become a debt."""
    payment = message.refunded_payment
    assert payment is not None
    charge_id = payment.telegram_payment_charge_id
    try:
        await talk.desk.refund_payment(charge_id=charge_id, given_back=True)
    except PaymentNotFound:
        log.error("payment %s was refunded, but is not in the books", charge_id)
        return
    left = await talk.desk.balances.of(talk.chat.user_id)
    await talk.send(talk.say("refunded", charge=charge_id, available=left.spendable, owed=left.owed))


async def pay_support(_: Message, talk: Talk) -> None:
    support = talk.desk.settings.support
    await talk.send(talk.say("paysupport", support=support) if support else talk.say("paysupport-nobody"))


async def redeem(message: Message, command: CommandObject, talk: Talk) -> None:
    if not command.args:
        await talk.send(talk.say("redeem-usage"))
        return
    name = name_of_message(talk.chat.id, message.message_id)
    key = IdempotencyKey(name, hashlib.sha256(command.args.encode()).digest())
    moved = await talk.desk.redeem_promo_code(user_id=talk.chat.user_id, code=command.args, key=key)
    left = moved.balance
    await talk.send(talk.say("redeemed", available=left.spendable, owed=left.owed))


def payload(package: Package) -> str:
    return f"{package.credits}:{package.stars}"


def offered(said: str, desk: Desk) -> Package | None:
    """The package with this payload, if it is still on sale at the same price."""
    return next((each for each in desk.settings.on_sale if payload(each) == said), None)
