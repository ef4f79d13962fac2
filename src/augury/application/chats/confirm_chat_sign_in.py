from dataclasses import dataclass

from augury.application.chats.ports.chats import Chat
from augury.application.chats.ports.sign_ins import ChatSignIns
from augury.application.people.ports.users import Users
from augury.application.people.tokens import digest
from augury.domain.chat import SignInByPassword, SignInExpired
from augury.domain.chat_sign_in import choices_of, number_of
from augury.domain.email_address import masked_email
from augury.domain.user import Role


@dataclass(frozen=True, slots=True)
class ChatSignInQuestion:
    """The facts that a chat's owner needs before confirming."""

    client: str
    account: str | None
    """The masked e-mail address of the linked account. None for the chat's own account."""
    choices: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmChatSignIn:
    """Ask a chat's owner whether a browser may sign in, and store the answer.

    Only somebody who sees the browser's page knows the right number, so a link that was sent by somebody else
    is noticed.
    """

    sign_ins: ChatSignIns
    users: Users

    async def question(self, *, chat: Chat, code: str) -> ChatSignInQuestion:
        """Raises `SignInExpired`, and `SignInByPassword` if the chat acts for an administrator."""
        asked = await self.sign_ins.asked(digest(code))
        if asked is None or asked.chat_id not in (None, chat.id):
            raise SignInExpired
        account = await self._account(chat)
        return ChatSignInQuestion(asked.client, account, choices_of(code))

    async def __call__(self, *, chat: Chat, code: str, number: int) -> None:
        """Confirm the request. A wrong number ends it.

        Raises `SignInExpired`, also after a wrong number, and `SignInByPassword`.
        """
        await self._account(chat)
        if number != number_of(code):
            await self.refuse(code=code)
            raise SignInExpired
        if not await self.sign_ins.confirm(digest(code), chat.id):
            raise SignInExpired

    async def refuse(self, *, code: str) -> None:
        await self.sign_ins.forget(digest(code))

    async def _account(self, chat: Chat) -> str | None:
        user = await self.users.get(chat.user_id)
        if user.role is Role.ADMIN:
            raise SignInByPassword
        return masked_email(user.email) if user.email else None
