from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from augury.application.people.key_names import checked_name
from augury.application.people.known_callers import KnownCallers
from augury.application.people.ports.api_keys import ApiKey, ApiKeys
from augury.application.ports import Clock
from augury.domain.api_key import ApiKeyNotFound, ExpiryNotShortened, SpendingLimits
from augury.domain.identifiers import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """The changes. None leaves a value unchanged."""

    name: str | None = None
    expires_in: timedelta | None = None
    models: tuple[frozenset[str] | None] | None = None
    """The new list in a tuple. `(None,)` removes the list, so that all models may be used."""
    limits: SpendingLimits | None = None
    """Replaces both limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeApiKey:
    """Change an API key's name, models and spending limits, or bring its expiry forward. Other processes
    notice the change a few seconds later."""

    api_keys: ApiKeys
    known: KnownCallers
    clock: Clock

    async def __call__(self, *, user_id: UserId, key_id: UUID, change: KeyChange) -> ApiKey:
        """Raises `ApiKeyNotFound` (also for another user's key), `InvalidApiKeyName`,
        `ExpiryNotShortened`."""
        changed = await self.api_keys.change(user_id, key_id, lambda key: self._changed(key, change))
        if changed is None:
            raise ApiKeyNotFound
        self.known.forget(user_id)
        return changed

    def _changed(self, key: ApiKey, change: KeyChange) -> ApiKey:
        expires_at = key.expires_at
        if change.expires_in is not None:
            expires_at = self.clock.now() + change.expires_in
            if key.expires_at is not None and expires_at > key.expires_at:
                raise ExpiryNotShortened
        return replace(
            key,
            name=key.name if change.name is None else checked_name(change.name),
            expires_at=expires_at,
            models=key.models if change.models is None else change.models[0],
            limits=key.limits if change.limits is None else change.limits,
        )
