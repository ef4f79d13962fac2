from dataclasses import dataclass
from uuid import UUID

from augury.application.chats.ports.books import ChatBooks, OpenChatBooks
from augury.application.chats.ports.chats import Chat
from augury.application.people.ports.users import Users
from augury.application.ports import Clock
from augury.application.retrying import retried
from augury.domain.balance import Balance
from augury.domain.chat import ChatNotLinked
from augury.domain.identifiers import UserId, uuid7
from augury.domain.transfer import TransferKind
from augury.domain.user import Role, User


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlinkChat:
    """Make a linked chat act for an account of its own again.

    The credits that were bought in the chat since it was linked return to it, as far as the account still has
    them. The chat's older credits and its history stay with the account. Browsers that the chat signed in to
    the account are signed out.
    """

    books: OpenChatBooks
    users: Users
    clock: Clock

    async def __call__(self, *, chat: Chat) -> Balance:
        """Returns the balance of the chat's own account. Raises `ChatNotLinked`."""
        account = await self.users.get(chat.user_id)
        if account.email is None:
            raise ChatNotLinked
        return await retried(lambda: self._unlink(chat.id, account.id))

    async def _unlink(self, chat_id: int, account: UserId) -> Balance:
        own = User(id=UserId(uuid7()), role=Role.MEMBER, email=None, created_at=self.clock.now())
        async with self.books() as books:
            chat = await books.chat(chat_id)
            if chat is None or chat.user_id != account:
                raise ChatNotLinked
            payments = await books.bought_since_link(chat_id)
            balance = (await books.open([account])).balance(account)
            # Read once the balance is locked: an administrator who takes back credits locks it, too.
            bought = sum([await _left_of(books, each.reference, each.credits) for each in payments])
            _, balance, transfers = balance.split_off(Balance(own.id), bought, reference=uuid7())
            await books.let_go(chat_id, own, payments)
            if transfers:
                await books.record(transfers=transfers)
        return balance


async def _left_of(books: ChatBooks, reference: UUID, credits: int) -> int:
    """The credits of a payment less what an administrator took back and what settled a debt. Both together
    may exceed the payment, since it was taken back from all available credits."""
    gone = [await books.transfer(reference, kind) for kind in (TransferKind.REVERSAL, TransferKind.REPAYMENT)]
    return max(0, credits - sum(each.amount for each in gone if each))
