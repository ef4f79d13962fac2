from dataclasses import dataclass, replace

from augury.application.chats.ports import OpenChatBooks, Payments, StarPayment
from augury.application.ports import Clock
from augury.application.retrying import retried
from augury.domain.balance import AlreadyReversed, Balance, TransferKind
from augury.domain.chat import PaymentNotFound
from augury.domain.identifiers import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPayment:
    """Refund a payment in Telegram Stars: take the credits back, then return the stars."""

    books: OpenChatBooks
    payments: Payments
    clock: Clock

    async def __call__(self, *, charge_id: str, given_back: bool = False) -> StarPayment:
        """Returns the refunded payment. Repeating it continues where it stopped, or changes nothing.

        `given_back` says that the stars were already returned. Raises `PaymentNotFound`, `NotEnoughCredits`
        if the credits are spent, `AlreadyReversed` if an administrator took back some, `RefundRefused`.
        If an administrator took back all of them, they are not taken back again.
        """
        payment = await retried(lambda: self._reverse(charge_id))
        if payment.refunded_at is None:
            if not given_back:
                await self.payments.refund(payment)
            payment = replace(payment, refunded_at=self.clock.now())
            async with self.books() as books:
                await books.change_payment(payment)
        return payment

    async def _reverse(self, charge_id: str) -> StarPayment:
        async with self.books() as books:
            payment = await books.payment(charge_id)
            if payment is None:
                raise PaymentNotFound(charge_id=charge_id)
            known = await books.transfer(payment.reference, TransferKind.REVERSAL)
            if known and known.amount != payment.credits:
                raise AlreadyReversed  # only some credits: the stars cannot be returned in part
            if payment.reversed_at is None:
                owner = UserId(payment.user_id)
                balances = (await books.open([owner])).balances
                balance = balances.get(owner, Balance(owner))  # a closed account has no credits
                if known is None:
                    _, reversal = balance.reverse(payment.credits, reference=payment.reference)
                    await books.record(transfers=[reversal])
                payment = replace(payment, reversed_at=self.clock.now())
                await books.change_payment(payment)
        return payment
