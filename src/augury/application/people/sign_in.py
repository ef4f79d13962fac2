from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from augury.application.limits import Limits
from augury.application.people.guest_keys import GuestKeys
from augury.application.people.passwords import is_right
from augury.application.people.ports.credentials import AccessTokens, PasswordHasher
from augury.application.people.ports.sessions import RefreshToken, Sessions
from augury.application.people.ports.throttle import Throttle
from augury.application.people.ports.users import Users
from augury.application.people.tokens import Tokens, digest, new_secret
from augury.domain.credentials import WrongCredentials
from augury.domain.email_address import normalized_email
from augury.domain.errors import DomainError


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Exchange e-mail address and password for an access token and a refresh token."""

    users: Users
    passwords: PasswordHasher
    sessions: Sessions
    access_tokens: AccessTokens
    throttle: Throttle
    keys: GuestKeys
    limits: Limits

    async def __call__(self, *, email: str, password: str, address: str, client: str | None = None) -> Tokens:
        """`client` describes the session to its user, see `RefreshToken`.

        Raises `WrongCredentials`, after the same time for known and unknown addresses; `TooManyTries`; and,
        only if the password is right, `AccountBlocked`.
        """
        try:
            email = normalized_email(email)
        except DomainError:
            raise WrongCredentials from None
        # Count separately: a refused network address must not use up the attempts of the accounts it names.
        await self._count_try(address)
        await self._count_try(self.keys.mark(email))
        secret = await self.users.by_email(email)
        right = await is_right(self.passwords, password, secret.password_hash if secret else None)
        if secret is None or not right:
            raise WrongCredentials
        secret.user.require_access()
        refresh = new_secret()
        token = RefreshToken(
            digest=digest(refresh),
            family=uuid4(),
            user_id=secret.user.id,
            lifetime=self.limits.refresh_lifetime,
            client=client,
        )
        # Meanwhile the password may have been changed, or the account blocked.
        if not await self.sessions.begin(token, password_hash=secret.password_hash):
            raise WrongCredentials
        return Tokens(
            access=self.access_tokens.issue(secret.user.id, secret.user.access_version), refresh=refresh
        )

    async def _count_try(self, whose: str) -> None:
        await self.throttle.admit(
            [f"sign-in:{whose}"], most=self.limits.sign_ins_per_minute, window=timedelta(minutes=1)
        )
