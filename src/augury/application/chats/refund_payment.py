from collections.abc import Sequence
from dataclasses import dataclass, replace

from augury.application.chats.ports.books import OpenChatBooks
from augury.application.chats.ports.payments import Payments, StarPayment
from augury.application.ports import Clock
from augury.application.retrying import retried
from augury.domain.audit import Action, Author, act_of
from augury.domain.balance import Balance
from augury.domain.chat import PaymentNotFound
from augury.domain.identifiers import UserId
from augury.domain.payment import AlreadyReversed
from augury.domain.transfer import Transfer, TransferKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPayment:
    """Refund a payment in Telegram Stars: take the credits back, then return the stars.

    If Telegram has returned the stars already, spent credits become a debt.
    """

    books: OpenChatBooks
    payments: Payments
    clock: Clock

    async def __call__(
        self, *, charge_id: str, given_back: bool = False, author: Author | None = None
    ) -> StarPayment:
        """Returns the refunded payment. Repeating it continues where it stopped, or changes nothing.

        `given_back` says that Telegram has already returned the stars. Then only `PaymentNotFound` is raised,
        and spent credits become the account's debt, unless the account is closed.

        Otherwise raises `NotEnoughCredits` if the credits are spent, `AlreadyReversed` if an administrator
        took back some of them, and `RefundRefused`. If an administrator took back all, only the stars are
        returned.
        """
        payment = await retried(lambda: self._take_back(charge_id, author, given_back=given_back))
        if payment.refunded_at is None:
            if not given_back:
                await self.payments.refund(payment)
            payment = replace(payment, refunded_at=self.clock.now())
            async with self.books() as books:
                await books.change_payment(payment)
        return payment

    async def _take_back(self, charge_id: str, author: Author | None, *, given_back: bool) -> StarPayment:
        async with self.books() as books:
            payment = await books.payment(charge_id)
            if payment is None:
                raise PaymentNotFound(charge_id=charge_id)
            owner = UserId(payment.user_id)
            balance = (await books.open([owner])).balances.get(owner)
            # Read once the balance is locked: an administrator who takes back credits locks it, too.
            known = await books.transfer(payment.reference, TransferKind.REVERSAL)
            if known and known.amount != payment.credits and not given_back:
                raise AlreadyReversed  # only some credits: the stars cannot be returned in part
            if payment.reversed_at is None:
                transfers = (
                    _charge_back(balance, payment, known) if given_back else _reverse(balance, payment, known)
                )
                if transfers:
                    await books.record(transfers=transfers)
                payment = replace(payment, reversed_at=self.clock.now())
                await books.change_payment(payment)
                await books.note(
                    act_of(
                        author,
                        Action.REFUND_PAYMENT,
                        f"payment:{payment.reference}",
                        user_id=owner,
                        after={"credits": payment.credits, "stars": payment.stars, "given_back": given_back},
                    )
                )
        return payment


def _reverse(balance: Balance | None, payment: StarPayment, known: Transfer | None) -> Sequence[Transfer]:
    if known:
        return ()
    balance = balance or Balance(UserId(payment.user_id))  # a closed account has no credits
    return [balance.reverse(payment.credits, reference=payment.reference)[1]]


def _charge_back(balance: Balance | None, payment: StarPayment, known: Transfer | None) -> Sequence[Transfer]:
    if balance is None:  # a closed account owes nothing
        return ()
    return balance.charge_back(payment.credits, reference=payment.reference, reversal=known)[1]
