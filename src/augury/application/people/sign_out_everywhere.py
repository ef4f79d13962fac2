from dataclasses import dataclass

from augury.application.people.known_callers import KnownCallers
from augury.application.people.ports.sessions import Sessions
from augury.domain.identifiers import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOutEverywhere:
    """End every session and access token of a user. API keys stay."""

    sessions: Sessions
    known: KnownCallers

    async def __call__(self, *, user_id: UserId) -> None:
        """Access ends at once in this process, and in others within `Limits.identity_cache`."""
        await self.sessions.end_all(user_id)
        self.known.forget(user_id)
