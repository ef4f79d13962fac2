"""Refunds of payments in Telegram Stars, with the Bot API."""

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramNetworkError, TelegramRetryAfter, TelegramServerError
from typing_extensions import override

from augury.application.chats.ports.payments import Payments, StarPayment
from augury.application.ports import Unavailable
from augury.domain.chat import RefundRefused

ALREADY = "CHARGE_ALREADY_REFUNDED"


class TelegramPayments(Payments):
    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    @override
    async def refund(self, payment: StarPayment) -> None:
        try:
            await self._bot.refund_star_payment(payment.chat_id, payment.charge_id)
        except (TelegramNetworkError, TelegramServerError, TelegramRetryAfter) as error:
            raise Unavailable(f"Telegram: {error.message}") from error
        except TelegramAPIError as error:
            if ALREADY not in error.message:
                raise RefundRefused(reason=error.message) from error
