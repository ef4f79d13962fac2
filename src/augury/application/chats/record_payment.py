from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID, uuid5

from augury.application.chats.ports.books import ChatBooks, OpenChatBooks
from augury.application.chats.ports.payments import StarPayment
from augury.application.ports import Unavailable
from augury.application.ports.books import AlreadyRecorded
from augury.application.retrying import retried
from augury.domain.balance import Balance
from augury.domain.identifiers import UserId
from augury.domain.transfer import Transfer, TransferKind
from augury.domain.user import UserNotFound

CHARGES = UUID("6f1f3e0e-38ab-5b0f-8d5a-9c2b1f0a4d27")
"""The namespace of the references made from Telegram's charge ids."""


@dataclass(frozen=True, slots=True)
class Paid:
    """The balance after a payment, and how much of the payment settled a debt."""

    balance: Balance
    repaid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPayment:
    """Credit a payment in Telegram Stars once, however often Telegram reports it."""

    books: OpenChatBooks

    async def __call__(self, *, chat_id: int, charge_id: str, stars: int, credits: int) -> Paid:
        """Returns the new balance of the account that the chat acts for.

        A debt is settled first. Raises `Unavailable` if that account is being closed: the next attempt finds
        or makes another one.
        """
        try:
            return await retried(lambda: self._record(chat_id, charge_id, stars, credits))
        except AlreadyRecorded:
            async with self.books() as books:
                repayment = await books.transfer(_reference(charge_id), TransferKind.REPAYMENT)
                balance = await _balance(books, await _owner(books, chat_id))
                return Paid(balance, _repaid([repayment] if repayment else []))

    async def _record(self, chat_id: int, charge_id: str, stars: int, credits: int) -> Paid:
        async with self.books() as books:
            owner = await _owner(books, chat_id)
            payment = StarPayment(
                charge_id=charge_id,
                reference=_reference(charge_id),
                chat_id=chat_id,
                user_id=owner,
                stars=stars,
                credits=credits,
            )
            balance = await _balance(books, owner)
            balance, transfers = balance.top_up(credits, reference=payment.reference)
            await books.record(transfers=transfers)
            await books.add_payment(payment)
        return Paid(balance, _repaid(transfers))


def _reference(charge_id: str) -> UUID:
    return uuid5(CHARGES, charge_id)


def _repaid(transfers: Iterable[Transfer]) -> int:
    return sum(each.amount for each in transfers if each.kind is TransferKind.REPAYMENT)


async def _owner(books: ChatBooks, chat_id: int) -> UserId:
    chat = await books.chat(chat_id)
    if chat is None:
        raise Unavailable(f"the account of chat {chat_id} was closed just now")
    return chat.user_id


async def _balance(books: ChatBooks, owner: UserId) -> Balance:
    try:
        return (await books.open([owner])).balance(owner)
    except UserNotFound:
        raise Unavailable(f"account {owner} was closed just now") from None
