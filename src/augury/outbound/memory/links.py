from dataclasses import dataclass
from datetime import timedelta

from typing_extensions import override

from augury.application.chats.ports.links import Link, Links
from augury.domain.identifiers import UserId
from augury.outbound.memory.memory import Memory


@dataclass(frozen=True, slots=True)
class MemoryLinks(Links):
    memory: Memory

    @override
    async def owner(self, digest: bytes, chat_id: int) -> UserId | None:
        link = self.memory.state.links.get(digest)
        return link.user_id if link and link.is_usable(chat_id, at=self.memory.now()) else None

    @override
    async def forget(self, digest: bytes) -> None:
        async with self.memory.change() as state:
            state.links.pop(digest, None)

    @override
    async def issue(self, digest: bytes, user_id: UserId, lifetime: timedelta) -> None:
        now = self.memory.now()
        async with self.memory.change() as state:
            state.links = {
                name: link
                for name, link in state.links.items()
                if link.user_id != user_id or link.expires_at > now
            }
            state.links[digest] = Link(user_id, now + lifetime)

    @override
    async def saw_bot(self, username: str) -> None:
        async with self.memory.change() as state:
            state.bots[username] = self.memory.now()

    @override
    async def bot(self) -> str | None:
        bots = self.memory.state.bots
        return max(bots, key=lambda name: bots[name], default=None)
