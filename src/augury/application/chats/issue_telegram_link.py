from dataclasses import dataclass
from datetime import datetime, timedelta

from augury.application.chats.ports.links import Links
from augury.application.people.ports.users import Users
from augury.application.people.tokens import digest, new_secret
from augury.application.ports import Clock
from augury.domain.chat import NoBot
from augury.domain.identifiers import UserId

LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class IssuedLink:
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueTelegramLink:
    """Create a link that opens the Telegram bot and links the chat with this account. It works once, within
    ten minutes. The chat's own credits and predictions become the account's."""

    links: Links
    users: Users
    clock: Clock

    async def __call__(self, *, user_id: UserId) -> IssuedLink:
        """Raises `NoBot` if no bot has ever served here, `UserNotFound`."""
        await self.users.get(user_id)
        username = await self.links.bot()
        if username is None:
            raise NoBot
        code = new_secret()  # 43 characters; Telegram allows 64
        await self.links.issue(digest(code), user_id, LIFETIME)
        return IssuedLink(f"https://t.me/{username}?start={code}", self.clock.now() + LIFETIME)
