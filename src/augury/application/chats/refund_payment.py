from dataclasses import dataclass, replace

from augury.application.chats.ports import OpenChatBooks, Payments, StarPayment
from augury.application.ports import Clock
from augury.application.retrying import retried
from augury.domain.balance import AlreadyReversed, Balance, TransferKind
from augury.domain.chat import PaymentNotFound
from augury.domain.identifiers import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPayment:
    """Return a payment made in Telegram Stars: take the credits back, then give the stars back."""

    books: OpenChatBooks
    payments: Payments
    clock: Clock

    async def __call__(self, *, charge_id: str, given_back: bool = False) -> StarPayment:
        """The returned payment; asked again it goes on where it stopped, and changes nothing once done.

        `given_back` says that the person has the stars back already. Raises `PaymentNotFound`,
        `NotEnoughCredits` where the credits are spent, `AlreadyReversed` where an administrator took back a
        part of them, `RefundRefused`. What was taken back in whole is not taken back again.
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
                raise AlreadyReversed  # in part: then the stars cannot be returned in whole
            if payment.reversed_at is None:
                owner = UserId(payment.user_id)
                balances = (await books.open([owner])).balances
                balance = balances.get(owner, Balance(owner))  # nothing is left on a closed account
                if known is None:
                    _, reversal = balance.reverse(payment.credits, reference=payment.reference)
                    await books.record(transfers=[reversal])
                payment = replace(payment, reversed_at=self.clock.now())
                await books.change_payment(payment)
        return payment
