from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from typing_extensions import override

from augury.application.people.ports.api_keys import NOTE_USE_EVERY, ApiKey, ApiKeys, KeyHolder
from augury.domain.audit import Act
from augury.domain.credentials import InvalidToken
from augury.domain.identifiers import UserId
from augury.domain.user import UserNotFound
from augury.outbound.memory.audit_log import note
from augury.outbound.memory.key_spending import current
from augury.outbound.memory.memory import Memory, State


@dataclass(frozen=True, slots=True)
class MemoryApiKeys(ApiKeys):
    memory: Memory

    @override
    async def add(self, key: ApiKey, digest: bytes, *, most: int, version: int | None = None) -> bool:
        async with self.memory.change() as state:
            if not _is_open(state, key.user_id):
                raise UserNotFound
            if version not in (None, state.users[key.user_id].user.access_version):
                raise InvalidToken
            if sum(each.user_id == key.user_id for each in state.api_keys.values()) >= most:
                return False
            state.api_keys[digest] = key
        return True

    @override
    async def owner(self, digest: bytes) -> KeyHolder | None:
        now = self.memory.now()
        key = self.memory.state.api_keys.get(digest)
        if key is None or (key.expires_at and key.expires_at <= now):
            return None
        if not _is_open(self.memory.state, key.user_id):
            return None
        if key.last_used_at is None or key.last_used_at + NOTE_USE_EVERY <= now:
            async with self.memory.change() as state:
                if digest in state.api_keys:
                    state.api_keys[digest] = replace(key, last_used_at=now)
        return KeyHolder(self.memory.state.users[key.user_id].user, key.terms)

    @override
    async def of(self, user_id: UserId) -> Sequence[ApiKey]:
        state, now = self.memory.state, self.memory.now()
        keys = [current(state, key, now) for key in state.api_keys.values() if key.user_id == user_id]
        return sorted(keys, key=lambda key: key.id, reverse=True)

    @override
    async def remove(self, user_id: UserId, key_id: UUID, *, act: Act | None = None) -> bool:
        async with self.memory.change() as state:
            for digest, key in state.api_keys.items():
                if key.id == key_id and key.user_id == user_id:
                    del state.api_keys[digest]
                    note(state, self.memory.now(), act)
                    return True
        return False

    @override
    async def change(
        self, user_id: UserId, key_id: UUID, changed: Callable[[ApiKey], ApiKey]
    ) -> ApiKey | None:
        async with self.memory.change() as state:
            for digest, key in state.api_keys.items():
                if key.id == key_id and key.user_id == user_id:
                    state.api_keys[digest] = after = changed(current(state, key, self.memory.now()))
                    return after
        return None


def _is_open(state: State, user_id: UserId) -> bool:
    record = state.users.get(user_id)
    return record is not None and record.user.closed_at is None
