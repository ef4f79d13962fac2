from dataclasses import dataclass
from uuid import UUID

from augury.application.people.known_callers import KnownCallers
from augury.application.people.ports import ApiKeys
from augury.domain.identifiers import UserId
from augury.domain.user import ApiKeyNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteApiKey:
    """Delete an API key, which then stops working."""

    api_keys: ApiKeys
    known: KnownCallers

    async def __call__(self, *, user_id: UserId, key_id: UUID) -> None:
        """Raises `ApiKeyNotFound`, also for another user's key."""
        if not await self.api_keys.remove(user_id, key_id):
            raise ApiKeyNotFound
        self.known.forget(user_id)
