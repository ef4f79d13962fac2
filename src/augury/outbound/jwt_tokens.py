"""Access tokens as JSON Web Tokens."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import jwt
from jwt.types import Options
from typing_extensions import override

from augury.application.people.ports import AccessTokens
from augury.application.ports import Clock
from augury.domain.identifiers import UserId
from augury.domain.user import InvalidToken

ALGORITHM = "HS256"
ISSUER = "augury"
AUDIENCE = "augury-api"
MOST_REMEMBERED = 10_000
_CHECKS: Options = {
    "require": ["exp", "iat", "iss", "aud", "sub"],
    "verify_exp": False,  # `read` checks it with our own clock, for remembered tokens, too
    "verify_iat": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtSettings:
    secret: str = field(repr=False)
    """Signs access tokens and names guests. 32 bytes or more (RFC 7518, section 3.2). `augury up` makes
    its own."""
    lifetime: timedelta = timedelta(minutes=15)
    """How long an access token is valid."""

    def __post_init__(self) -> None:
        if len(self.secret.encode()) < 32:
            raise ValueError("secret must have at least 32 bytes")


class JwtAccessTokens(AccessTokens):
    """Signs with one key and accepts only HS256: the algorithm that a token names is ignored.

    A verified token is remembered until it expires, since verifying the signature costs more than the rest of
    authentication.
    """

    def __init__(self, settings: JwtSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._verified: dict[str, tuple[UserId, float]] = {}

    @property
    @override
    def lifetime(self) -> timedelta:
        return self._settings.lifetime

    @override
    def issue(self, user_id: UserId) -> str:
        now = self._clock.now()
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "iat": int(now.timestamp()),
            "exp": int((now + self._settings.lifetime).timestamp()),
        }
        return jwt.encode(claims, self._settings.secret, algorithm=ALGORITHM)

    @override
    def read(self, token: str) -> UserId:
        known = self._verified.get(token)
        if known is None:
            known = self._verify(token)
        user_id, expires = known
        if expires <= self._clock.now().timestamp():
            self._verified.pop(token, None)
            raise InvalidToken
        return user_id

    def _verify(self, token: str) -> tuple[UserId, float]:
        try:
            claims = jwt.decode(
                token,
                self._settings.secret,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options=_CHECKS,
            )
            known = UserId(UUID(claims["sub"])), float(claims["exp"])
        except (jwt.InvalidTokenError, ValueError, TypeError):
            raise InvalidToken from None
        if len(self._verified) >= MOST_REMEMBERED:
            del self._verified[next(iter(self._verified))]
        self._verified[token] = known
        return known
