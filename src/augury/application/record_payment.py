from dataclasses import dataclass
from uuid import UUID, uuid5

from augury.application.ports import AlreadyRecorded
from augury.application.retrying import retried
from augury.application.telegram_ports import Chat, OpenChatBooks, StarPayment
from augury.domain.balance import Balance

CHARGES = UUID("6f1f3e0e-38ab-5b0f-8d5a-9c2b1f0a4d27")
"""Under which each charge of Telegram's has its own name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPayment:
    """Credit what was paid in Telegram Stars, once however often Telegram says so."""

    books: OpenChatBooks

    async def __call__(self, *, chat: Chat, charge_id: str, stars: int, credits: int) -> Balance:
        """The balance after it."""
        payment = StarPayment(
            charge_id=charge_id,
            reference=uuid5(CHARGES, charge_id),
            chat_id=chat.id,
            user_id=chat.user_id,
            stars=stars,
            credits=credits,
        )
        try:
            return await retried(lambda: self._record(payment))
        except AlreadyRecorded:
            async with self.books() as books:
                return (await books.open([chat.user_id])).balances[chat.user_id]

    async def _record(self, payment: StarPayment) -> Balance:
        async with self.books() as books:
            balance = (await books.open([payment.user_id])).balances[payment.user_id]
            balance, transfer = balance.top_up(payment.credits, reference=payment.reference)
            await books.record(transfers=[transfer])
            await books.add_payment(payment)
        return balance
