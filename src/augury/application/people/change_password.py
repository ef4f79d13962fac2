from dataclasses import dataclass
from datetime import timedelta

from augury.application.limits import Limits
from augury.application.people.known_callers import KnownCallers
from augury.application.people.passwords import is_right
from augury.application.people.ports.credentials import PasswordHasher
from augury.application.people.ports.throttle import Throttle
from augury.application.people.ports.users import Users
from augury.domain.audit import Action, Author, act_on_user
from augury.domain.credentials import WrongCredentials
from augury.domain.identifiers import UserId
from augury.domain.password import checked_password


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    """Replace the password. This ends the user's sessions and access tokens, and API keys if requested."""

    users: Users
    passwords: PasswordHasher
    throttle: Throttle
    known: KnownCallers
    limits: Limits

    async def __call__(
        self,
        *,
        user_id: UserId,
        current: str | None,
        new: str,
        end_api_keys: bool = False,
        author: Author | None = None,
    ) -> None:
        """Access ends at once in this process, and in others within `Limits.identity_cache`.

        `current` is None only for an operator, the `author`.

        Raises `WrongCredentials`, `InvalidPassword`, and `TooManyTries`, so that a stolen token does not help
        to guess the password.
        """
        new = checked_password(new)
        secret = await self.users.secret(user_id)
        if current is not None:
            await self._prove(current, secret.password_hash, user_id)
        hashed = await self.passwords.hash(new)
        act = act_on_user(
            author,
            Action.SET_PASSWORD,
            user_id,
            after={"sessions_ended": True, "api_keys_ended": end_api_keys},
        )
        await self.users.change_password(user_id, hashed, end_api_keys=end_api_keys, act=act)
        self.known.forget(user_id)

    async def _prove(self, current: str, password_hash: str, user_id: UserId) -> None:
        await self.throttle.admit(
            [f"password:{user_id}"], most=self.limits.sign_ins_per_minute, window=timedelta(minutes=1)
        )
        if not await is_right(self.passwords, current, password_hash):
            raise WrongCredentials
