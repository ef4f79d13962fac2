from dataclasses import dataclass

from augury.application.people.known_callers import KnownCallers
from augury.application.people.ports import AccessTokens, ApiKeys, Users
from augury.application.people.tokens import API_KEY_PREFIX, digest
from augury.domain.identifiers import UserId
from augury.domain.user import InvalidToken, UserNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifyCaller:
    """Find out whose access token or API key this is."""

    access_tokens: AccessTokens
    api_keys: ApiKeys
    users: Users
    known: KnownCallers

    async def __call__(self, credential: str) -> UserId:
        """Asks the books only for unknown callers. Raises `InvalidToken`, also for a closed account, and
        `AccountBlocked`."""
        if credential.startswith(API_KEY_PREFIX):
            hashed = digest(credential)
            return self.known.api_keys.get(hashed) or await self._owner(hashed)
        user_id = self.access_tokens.read(credential)
        return self.known.accounts.get(user_id) or await self._account(user_id)

    async def _owner(self, hashed: bytes) -> UserId:
        user = await self.api_keys.owner(hashed)
        if user is None:
            raise InvalidToken
        user.require_access()
        self.known.api_keys.put(hashed, user.id)
        return user.id

    async def _account(self, user_id: UserId) -> UserId:
        try:
            user = await self.users.get(user_id)
        except UserNotFound:
            raise InvalidToken from None
        user.require_access()
        self.known.accounts.put(user_id, user_id)
        return user_id
