"""Access tokens as JSON Web Tokens."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from typing_extensions import override

from augury.application.people.ports.credentials import Access, AccessTokens
from augury.application.ports import Clock
from augury.domain.credentials import InvalidToken
from augury.domain.identifiers import UserId
from augury.outbound.unimportable import unimportable

with unimportable("cryptography"):  # HMAC does not need it, and it takes a tenth of an API's memory
    import jwt
    from jwt.types import Options

ALGORITHM = "HS256"
ISSUER = "augury"
AUDIENCE = "augury-api"
MOST_REMEMBERED = 10_000
"""The most verified tokens that are remembered. Beyond that, the oldest is forgotten."""
_CHECKS: Options = {
    "require": ["exp", "iat", "iss", "aud", "sub"],
    "verify_exp": False,  # `read` checks it by our clock, also for tokens that are remembered
    "verify_iat": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtSettings:
    secret: str = field(repr=False)
    """The key that signs access tokens and makes guests' keys. At least 32 bytes (RFC 7518, section 3.2).
    `augury up` makes its own."""
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
        # A dict, the oldest first. Every request looks a token up, which takes five times as long in a cache
        # of `cachetools`.
        self._verified: dict[str, tuple[Access, float]] = {}

    @property
    @override
    def lifetime(self) -> timedelta:
        return self._settings.lifetime

    @override
    def issue(self, user_id: UserId, version: int = 0) -> str:
        now = self._clock.now()
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "ver": version,
            "iat": int(now.timestamp()),
            "exp": int((now + self._settings.lifetime).timestamp()),
        }
        return jwt.encode(claims, self._settings.secret, algorithm=ALGORITHM)

    @override
    def read(self, token: str) -> Access:
        known = self._verified.get(token)
        if known is None:
            known = self._verify(token)
        access, expires = known
        if expires <= self._clock.now().timestamp():
            self._verified.pop(token, None)
            raise InvalidToken
        return access

    def _verify(self, token: str) -> tuple[Access, float]:
        try:
            claims = jwt.decode(
                token,
                self._settings.secret,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options=_CHECKS,
            )
            version = claims.get("ver", 0)  # older tokens have none; accounts begin with 0
            if type(version) is not int:
                raise InvalidToken
            known = Access(UserId(UUID(claims["sub"])), version), float(claims["exp"])
        except (jwt.InvalidTokenError, ValueError, TypeError):
            raise InvalidToken from None
        if len(self._verified) >= MOST_REMEMBERED:
            del self._verified[next(iter(self._verified))]
        self._verified[token] = known
        return known
