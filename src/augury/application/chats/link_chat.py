from dataclasses import dataclass

from augury.application.chats.ports.books import OpenChatBooks
from augury.application.chats.ports.chats import Chat
from augury.application.people.ports.users import Users
from augury.application.people.tokens import digest
from augury.application.ports import Clock
from augury.application.retrying import retried
from augury.domain.balance import DebtUnsettled
from augury.domain.chat import ChatLinked, InvalidLink
from augury.domain.identifiers import UserId, uuid7
from augury.domain.user import PredictionsUnderWay


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChat:
    """Link a chat with an account made elsewhere, and merge their histories and balances."""

    books: OpenChatBooks
    users: Users
    clock: Clock

    async def __call__(self, *, chat: Chat, code: str) -> UserId:
        """Returns the account that the chat now acts for. Repeating a code in the same chat changes nothing.

        Raises `InvalidLink`, `ChatLinked` if the chat is already linked with another account,
        `PredictionsUnderWay` while the chat's own account has unfinished predictions or an unfinished batch,
        and `DebtUnsettled` while it owes more than it has, so that a link never passes on a debt.
        """
        absorbed = await self.users.get(chat.user_id)
        return await retried(lambda: self._link(chat, code, is_account=absorbed.email is not None))

    async def _link(self, known: Chat, code: str, *, is_account: bool) -> UserId:
        async with self.books() as books:
            into = await books.use_link(digest(code), known.id)
            chat = await books.chat(known.id)
            if into is None or chat is None:
                raise InvalidLink
            if chat.user_id == into:
                return into
            if is_account or chat.user_id != known.user_id:
                raise ChatLinked
            opened = await books.open([chat.user_id, into])
            absorbed, repayments = opened.balance(chat.user_id).repay(reference=uuid7())
            if absorbed.pending or absorbed.held or await books.has_open_batch(chat.user_id):
                raise PredictionsUnderWay(pending=absorbed.pending)
            if absorbed.debt:
                raise DebtUnsettled(debt=absorbed.debt)
            _, _, merges = absorbed.merge_into(opened.balance(into))
            if transfers := (*repayments, *merges):
                await books.record(transfers=transfers)
            await books.hand_over(known.id, absorbed=chat.user_id, into=into, at=self.clock.now())
        return into
