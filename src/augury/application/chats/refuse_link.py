from dataclasses import dataclass

from augury.application.chats.ports.chats import Chat
from augury.application.chats.ports.links import Links
from augury.application.people.tokens import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseLink:
    """Delete a link that a chat refuses. A link that this chat cannot use stays as it is."""

    links: Links

    async def __call__(self, *, chat: Chat, code: str) -> None:
        owner = await self.links.owner(digest(code), chat.id)
        if owner is not None and owner != chat.user_id:
            await self.links.forget(digest(code))
