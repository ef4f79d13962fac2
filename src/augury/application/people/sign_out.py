from dataclasses import dataclass

from augury.application.people.ports.sessions import Sessions
from augury.application.people.tokens import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOut:
    """End the session of a refresh token. An unknown token is ignored."""

    sessions: Sessions

    async def __call__(self, *, refresh: str) -> None:
        await self.sessions.end(digest(refresh))
