from dataclasses import dataclass
from datetime import timedelta

from augury.application.chats.ports.links import Links
from augury.application.chats.ports.sign_ins import ChatSignIns
from augury.application.limits import Limits
from augury.application.people.ports.throttle import Throttle
from augury.application.people.tokens import digest
from augury.domain.chat import NoBot

LIFETIME = timedelta(minutes=5)
PREFIX = "login-"
"""It stands before the code in a deep link, so that the bot can tell it from a code that links an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskChatSignIn:
    """Begin to sign a browser in through a chat. The chat's owner has five minutes to confirm it."""

    sign_ins: ChatSignIns
    links: Links
    throttle: Throttle
    limits: Limits

    async def __call__(self, *, code: str, client: str, address: str) -> None:
        """`client` describes the browser, see `ChatSignIn`. Attempts count for `address`, as those with a
        password do.

        Raises `NoBot` if no bot has ever served here, `TooManyTries`.
        """
        await self.throttle.admit(
            [f"sign-in:{address}"], most=self.limits.sign_ins_per_minute, window=timedelta(minutes=1)
        )
        if await self.links.bot() is None:
            raise NoBot
        await self.sign_ins.ask(digest(code), client=client, lifetime=LIFETIME)


def deep_link(bot: str, code: str) -> str:
    """The address that opens the bot with this request: at most 64 characters after `start=`, as Telegram
    allows."""
    return f"https://t.me/{bot}?start={PREFIX}{code}"
