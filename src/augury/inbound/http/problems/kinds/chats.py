"""Problems with the links between chats and accounts."""

from collections.abc import Mapping

from augury.domain.chat import ChatLinked, ChatNotLinked, InvalidLink, NoBot, SignInByPassword, SignInExpired
from augury.domain.errors import DomainError
from augury.inbound.http.problems.refusals import Kind

KINDS: Mapping[type[DomainError], Kind] = {
    InvalidLink: Kind(422, "invalid-link", "Invalid link"),
    ChatLinked: Kind(409, "chat-linked", "Chat already linked"),
    ChatNotLinked: Kind(409, "chat-not-linked", "Chat not linked"),
    SignInExpired: Kind(410, "sign-in-expired", "Sign-in expired"),
    SignInByPassword: Kind(403, "sign-in-by-password", "Password needed"),
    NoBot: Kind(409, "no-bot", "No Telegram bot"),
}
