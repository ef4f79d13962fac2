from dataclasses import dataclass

from augury.application.limits import Limits
from augury.application.people.ports.credentials import AccessTokens
from augury.application.people.ports.sessions import Rotation, Sessions
from augury.application.people.tokens import Tokens, digest, new_secret
from augury.domain.credentials import InvalidToken


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshTokens:
    """Exchange a refresh token for a new pair of tokens. Reusing an old one ends the whole session."""

    sessions: Sessions
    access_tokens: AccessTokens
    limits: Limits

    async def __call__(self, *, refresh: str) -> Tokens:
        """Raises `InvalidToken`."""
        successor = new_secret()
        rotation, access = await self.sessions.rotate(
            digest(refresh),
            successor=digest(successor),
            lifetime=self.limits.refresh_lifetime,
            grace=self.limits.refresh_grace,
        )
        if rotation is not Rotation.ROTATED or access is None or access.version is None:
            raise InvalidToken
        return Tokens(access=self.access_tokens.issue(access.user_id, access.version), refresh=successor)
