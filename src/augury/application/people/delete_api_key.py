from dataclasses import dataclass
from uuid import UUID

from augury.application.people.known_callers import KnownCallers
from augury.application.people.ports.api_keys import ApiKeys
from augury.domain.api_key import ApiKeyNotFound, NotByApiKey
from augury.domain.audit import Action, Author, act_of
from augury.domain.identifiers import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteApiKey:
    """Delete an API key, which then stops working."""

    api_keys: ApiKeys
    known: KnownCallers

    async def __call__(
        self, *, user_id: UserId, key_id: UUID, by_key: UUID | None = None, author: Author | None = None
    ) -> None:
        """`by_key` is the API key of the request: it can only delete itself, because others may have more
        rights. `author` is the administrator if one acts for the user.

        Raises `NotByApiKey`, and `ApiKeyNotFound`, also for another user's key.
        """
        if by_key not in (None, key_id):
            raise NotByApiKey
        act = act_of(author, Action.REVOKE_KEY, f"api_key:{key_id}", user_id=user_id)
        if not await self.api_keys.remove(user_id, key_id, act=act):
            raise ApiKeyNotFound
        self.known.forget(user_id)
