from dataclasses import dataclass
from uuid import UUID, uuid5

from augury.application.chats.ports.chats import Chat, Chats
from augury.application.limits import Limits
from augury.application.people.ports.users import NewUser
from augury.application.ports import Clock
from augury.application.ports.books import AlreadyRecorded
from augury.domain.balance import Balance
from augury.domain.identifiers import UserId, uuid7
from augury.domain.user import Role, User

IDENTITIES = UUID("0d5f3a52-6c1c-5e0b-9c0e-5a9a3f1c7b11")
"""The namespace of the references of welcome credits, so that no Telegram account gets them twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterChat:
    """Open an account for a person who is only known by a Telegram account."""

    chats: Chats
    clock: Clock
    limits: Limits

    async def __call__(self, *, chat_id: int, language: str) -> Chat:
        """Returns the chat, unchanged if it is known. The welcome credits are granted only once, ever."""
        if known := await self.chats.get(chat_id):
            return known
        user = User(id=UserId(uuid7()), role=Role.MEMBER, email=None, created_at=self.clock.now())
        chat = Chat(id=chat_id, user_id=user.id, language=language)
        grant = None
        if self.limits.telegram_welcome_credits:
            _, (grant,) = Balance(user.id).grant(
                self.limits.telegram_welcome_credits, reference=uuid5(IDENTITIES, str(chat_id))
            )
        try:
            return await self.chats.add(chat, NewUser(user=user, grant=grant))
        except AlreadyRecorded:  # granted before, to an account that is closed now
            return await self.chats.add(chat, NewUser(user=user))
