from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from typing_extensions import override

from augury.application.chats.ports.sign_ins import ChatSignIn, ChatSignIns
from augury.domain.identifiers import UserId
from augury.domain.user import Role
from augury.outbound.memory.memory import Memory, State
from augury.outbound.memory.records import TokenRecord


@dataclass(frozen=True, slots=True)
class MemoryChatSignIns(ChatSignIns):
    memory: Memory

    @override
    async def ask(self, digest: bytes, *, client: str, lifetime: timedelta) -> None:
        async with self.memory.change() as state:
            state.chat_sign_ins[digest] = ChatSignIn(client, self.memory.now() + lifetime)

    @override
    async def asked(self, digest: bytes) -> ChatSignIn | None:
        return self._live(self.memory.state, digest)

    @override
    async def confirm(self, digest: bytes, chat_id: int) -> bool:
        async with self.memory.change() as state:
            asked = self._live(state, digest)
            if asked is None or asked.chat_id not in (None, chat_id):
                return False
            state.chat_sign_ins[digest] = replace(asked, chat_id=chat_id)
        return True

    @override
    async def forget(self, digest: bytes) -> None:
        async with self.memory.change() as state:
            state.chat_sign_ins.pop(digest, None)

    @override
    async def finish(
        self, digest: bytes, *, refresh: bytes, family: UUID, lifetime: timedelta
    ) -> UserId | None:
        now = self.memory.now()
        async with self.memory.change() as state:
            asked = self._live(state, digest)
            if asked is None or asked.chat_id is None:
                return None
            del state.chat_sign_ins[digest]
            chat = state.chats.get(asked.chat_id)
            owner = state.users[chat.user_id].user if chat else None
            if owner is None or owner.blocked_at or owner.closed_at or owner.role is not Role.MEMBER:
                return None
            state.refresh_tokens[refresh] = TokenRecord(
                family=family,
                user_id=owner.id,
                expires_at=now + lifetime,
                client=asked.client,
                begun_at=now,
                chat_id=asked.chat_id,
            )
        return owner.id

    def _live(self, state: State, digest: bytes) -> ChatSignIn | None:
        asked = state.chat_sign_ins.get(digest)
        return asked if asked and asked.expires_at > self.memory.now() else None
