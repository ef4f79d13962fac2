from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from typing_extensions import override

from augury.application.people.ports.credentials import Access
from augury.application.people.ports.sessions import RefreshToken, Rotation, Session, Sessions
from augury.domain.identifiers import UserId
from augury.domain.user import User
from augury.outbound.memory.memory import Memory, State
from augury.outbound.memory.records import TokenRecord
from augury.outbound.memory.users import end_sessions


@dataclass(frozen=True, slots=True)
class MemorySessions(Sessions):
    memory: Memory

    @override
    async def begin(self, token: RefreshToken, *, password_hash: str) -> bool:
        async with self.memory.change() as state:
            owner = state.users.get(token.user_id)
            if owner is None or owner.password_hash != password_hash or owner.user.blocked_at:
                return False
            state.refresh_tokens[token.digest] = TokenRecord(
                family=token.family,
                user_id=token.user_id,
                expires_at=self.memory.now() + token.lifetime,
                client=token.client,
                begun_at=self.memory.now(),
            )
        return True

    @override
    async def rotate(
        self, digest: bytes, *, successor: bytes, lifetime: timedelta, grace: timedelta
    ) -> tuple[Rotation, Access | None]:
        now = self.memory.now()
        async with self.memory.change() as state:
            token = state.refresh_tokens.get(digest)
            if token is None or token.expires_at <= now:
                return Rotation.UNKNOWN, None
            access = Access(token.user_id, state.users[token.user_id].user.access_version)
            if token.replaced_at and token.replaced_at + grace <= now:
                _end(state, token.family)
                return Rotation.REUSED, access
            state.refresh_tokens[digest] = replace(token, replaced_at=token.replaced_at or now)
            state.refresh_tokens[successor] = replace(token, expires_at=now + lifetime, replaced_at=None)
        return Rotation.ROTATED, access

    @override
    async def end(self, digest: bytes) -> None:
        async with self.memory.change() as state:
            if token := state.refresh_tokens.get(digest):
                _end(state, token.family)

    @override
    async def owner(self, digest: bytes) -> User | None:
        token = self.memory.state.refresh_tokens.get(digest)
        if token is None or token.replaced_at or token.expires_at <= self.memory.now():
            return None
        user = self.memory.state.users[token.user_id].user
        return None if user.blocked_at or user.closed_at else user

    @override
    async def of(self, user_id: UserId, *, limit: int) -> Sequence[Session]:
        found = [
            Session(
                family=token.family,
                client=token.client,
                begun_at=token.begun_at,
                expires_at=token.expires_at,
            )
            for token in self.memory.state.refresh_tokens.values()
            if token.user_id == user_id and not token.replaced_at and token.expires_at > self.memory.now()
        ]
        return sorted(found, key=lambda each: (each.begun_at is not None, each.begun_at), reverse=True)[
            :limit
        ]

    @override
    async def end_of(self, user_id: UserId, family: UUID) -> bool:
        async with self.memory.change() as state:
            tokens = state.refresh_tokens.values()
            if not any(token.user_id == user_id and token.family == family for token in tokens):
                return False
            _end(state, family)
        return True

    @override
    async def end_all(self, user_id: UserId) -> None:
        async with self.memory.change() as state:
            record = state.users[user_id]
            user = replace(record.user, access_version=record.user.access_version + 1)
            state.users[user_id] = replace(record, user=user)
            end_sessions(state, user_id)


def _end(state: State, family: UUID) -> None:
    for digest in [each for each, token in state.refresh_tokens.items() if token.family == family]:
        del state.refresh_tokens[digest]
