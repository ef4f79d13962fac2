from dataclasses import dataclass

from augury.application.chats.ports.chats import Chat
from augury.application.chats.ports.links import Links
from augury.application.money.ports import Balances
from augury.application.people.ports.users import Users
from augury.application.people.tokens import digest
from augury.domain.balance import DebtUnsettled
from augury.domain.chat import ChatLinked, InvalidLink
from augury.domain.email_address import masked_email
from augury.domain.user import PredictionsUnderWay, UserNotFound


@dataclass(frozen=True, slots=True)
class LinkPreview:
    account: str
    """The account's masked e-mail address."""
    available: int
    """The credits that would move to the account. If the chat is already linked, the account's own
    credits."""
    linked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewLink:
    """Tell a chat which account a link belongs to and what would move there. Changes nothing."""

    links: Links
    users: Users
    balances: Balances

    async def __call__(self, *, chat: Chat, code: str) -> LinkPreview:
        """Raises `InvalidLink`, `ChatLinked`, `PredictionsUnderWay`, `DebtUnsettled`, as `LinkChat` would.
        Only `LinkChat` looks for an open batch without a price."""
        owner = await self.links.owner(digest(code), chat.id)
        if owner is None:
            raise InvalidLink
        try:
            into = await self.users.get(owner)
        except UserNotFound:
            raise InvalidLink from None
        balance = await self.balances.of(chat.user_id)
        linked = owner == chat.user_id
        if not linked:
            if (await self.users.get(chat.user_id)).email is not None:
                raise ChatLinked
            if balance.pending or balance.held:
                raise PredictionsUnderWay(pending=balance.pending)
            if balance.owed:
                raise DebtUnsettled(debt=balance.owed)
        return LinkPreview(masked_email(into.email or ""), balance.spendable, linked)
