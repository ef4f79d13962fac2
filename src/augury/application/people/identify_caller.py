from dataclasses import dataclass

from augury.application.people.known_callers import KnownCallers
from augury.application.people.ports.api_keys import ApiKeys
from augury.application.people.ports.credentials import Access, AccessTokens
from augury.application.people.ports.users import Users
from augury.application.people.tokens import API_KEY_PREFIX, digest
from augury.domain.credentials import InvalidToken
from augury.domain.user import UserNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifyCaller:
    """Find the user of an access token or API key, and the rights of the key."""

    access_tokens: AccessTokens
    api_keys: ApiKeys
    users: Users
    known: KnownCallers

    async def __call__(self, credential: str) -> Access:
        """Queries the books only for callers that are not cached. Raises `InvalidToken`, also for a closed
        account, and `AccountBlocked`."""
        if credential.startswith(API_KEY_PREFIX):
            hashed = digest(credential)
            return self.known.api_keys.get(hashed) or await self._holder(hashed)
        access = self.access_tokens.read(credential)
        if self.known.accounts.get(access) is None:
            await self._check(access)
        return access

    async def _holder(self, hashed: bytes) -> Access:
        holder = await self.api_keys.owner(hashed)
        if holder is None:
            raise InvalidToken
        holder.user.require_access()
        access = Access(holder.user.id, key=holder.terms)
        self.known.api_keys.put(hashed, access)
        return access

    async def _check(self, access: Access) -> None:
        try:
            user = await self.users.get(access.user_id)
        except UserNotFound:
            raise InvalidToken from None
        user.require_access()
        if user.access_version != access.version:
            raise InvalidToken
        self.known.accounts.put(access, user.id)
