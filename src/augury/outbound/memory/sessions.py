from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from typing_extensions import override

from augury.application.people.ports import Access, RefreshToken, Rotation, Sessions
from augury.outbound.memory.memory import Memory, State, TokenRecord


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
                family=token.family, user_id=token.user_id, expires_at=self.memory.now() + token.lifetime
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


def _end(state: State, family: UUID) -> None:
    for digest in [each for each, token in state.refresh_tokens.items() if token.family == family]:
        del state.refresh_tokens[digest]
