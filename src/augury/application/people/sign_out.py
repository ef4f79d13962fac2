from dataclasses import dataclass

from augury.application.people.ports import Sessions
from augury.application.people.tokens import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOut:
    """End the session that a refresh token belongs to; an unknown token is fine."""

    sessions: Sessions

    async def __call__(self, *, refresh: str) -> None:
        await self.sessions.end(digest(refresh))
