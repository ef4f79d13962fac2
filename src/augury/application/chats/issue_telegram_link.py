from dataclasses import dataclass
from datetime import datetime, timedelta

from augury.application.chats.ports import Links
from augury.application.people.ports import Users
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
    """Make a link that opens the Telegram bot and makes that chat act for this account; good once, for ten
    minutes. What the chat had of its own, credits and predictions, becomes the account's."""

    links: Links
    users: Users
    clock: Clock

    async def __call__(self, *, user_id: UserId) -> IssuedLink:
        """Raises `NoBot` where no bot has ever served here, `UserNotFound`."""
        await self.users.get(user_id)
        username = await self.links.bot()
        if username is None:
            raise NoBot
        code = new_secret()  # 43 characters, of 64 that Telegram takes
        await self.links.issue(digest(code), user_id, LIFETIME)
        return IssuedLink(f"https://t.me/{username}?start={code}", self.clock.now() + LIFETIME)
