from dataclasses import dataclass
from datetime import timedelta

from augury.application.limits import Limits
from augury.application.people.key_names import checked_name
from augury.application.people.ports.api_keys import ApiKey, ApiKeys
from augury.application.people.tokens import API_KEY_PREFIX, digest, new_secret
from augury.application.ports import Clock
from augury.domain.api_key import NO_LIMITS, KeyScope, SpendingLimits, TooManyApiKeys
from augury.domain.identifiers import UserId, uuid7

USUAL_SCOPES = frozenset({KeyScope.PREDICT, KeyScope.READ})
"""The scopes of a key if the request names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateApiKey:
    """Create an API key with which a program can act for the user. It is shown only once."""

    api_keys: ApiKeys
    clock: Clock
    limits: Limits

    async def __call__(
        self,
        *,
        user_id: UserId,
        name: str,
        expires_in: timedelta | None = None,
        version: int | None = None,
        scopes: frozenset[KeyScope] = USUAL_SCOPES,
        models: frozenset[str] | None = None,
        limits: SpendingLimits = NO_LIMITS,
    ) -> tuple[ApiKey, str]:
        """The key's record and the key itself. `version` is the access token's version: a token that has
        ended cannot create a key.

        Raises `InvalidApiKeyName`, `TooManyApiKeys`, `UserNotFound`, `InvalidToken`.
        """
        secret = API_KEY_PREFIX + new_secret()
        now = self.clock.now()
        key = ApiKey(
            id=uuid7(),
            user_id=user_id,
            name=checked_name(name),
            hint=secret[: len(API_KEY_PREFIX) + 4],
            created_at=now,
            expires_at=None if expires_in is None else now + expires_in,
            scopes=scopes,
            models=models,
            limits=limits,
        )
        if not await self.api_keys.add(key, digest(secret), most=self.limits.api_keys, version=version):
            raise TooManyApiKeys(most=self.limits.api_keys)
        return key, secret
