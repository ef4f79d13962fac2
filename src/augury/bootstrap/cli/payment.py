"""The operator's commands for payments made in Telegram."""

import click

from augury.application.chats.refund_payment import RefundPayment
from augury.bootstrap.config import OperatorError, SettingError, read
from augury.bootstrap.operating import Operator, operates
from augury.domain.balance import NotEnoughCredits
from augury.inbound.counts import counted
from augury.inbound.telegram.settings import TelegramSettings


@click.group()
def payment() -> None:
    """Payments made in Telegram Stars."""


@payment.command("refund")
@click.argument("charge", metavar="RECEIPT")
@click.option(
    "--given-back",
    is_flag=True,
    help="Telegram has returned the stars already: only take the credits back. Spent ones become a debt.",
)
@operates
async def refund(operator: Operator, charge: str, *, given_back: bool) -> None:
    """Refund the payment of this receipt. Refused if its credits are spent."""
    from augury.inbound.telegram import lazy_types  # noqa: F401  # before aiogram
    from augury.inbound.telegram.client import create_bot  # only the bot's image has aiogram
    from augury.outbound.postgres.chat_books import PostgresOpenChatBooks
    from augury.outbound.telegram_payments import TelegramPayments

    settings = read(TelegramSettings)
    if not settings.token:
        raise SettingError("AUGURY_TELEGRAM_TOKEN is not set")
    bot = create_bot(settings)
    try:
        refund_payment = RefundPayment(
            books=PostgresOpenChatBooks(operator.pool),
            payments=TelegramPayments(bot),
            clock=operator.clock,
        )
        returned = await refund_payment(charge_id=charge, given_back=given_back, author=operator.author)
    except NotEnoughCredits as short:
        raise OperatorError(
            f"not refunded, because credits are spent: {short.price} were bought, {short.available} are left"
        ) from short
    finally:
        await bot.session.close()
    stars, bought = counted(returned.stars, "star"), counted(returned.credits, "credit")
    click.echo(f"returned {stars}, took back {bought}")
