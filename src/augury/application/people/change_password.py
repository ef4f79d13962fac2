from dataclasses import dataclass
from datetime import timedelta

from augury.application.limits import Limits
from augury.application.people.passwords import is_right
from augury.application.people.ports import PasswordHasher, Throttle, Users
from augury.domain.identifiers import UserId
from augury.domain.user import TooManyTries, WrongCredentials, checked_password


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    """Replace the password; every session of the user ends."""

    users: Users
    passwords: PasswordHasher
    throttle: Throttle
    limits: Limits

    async def __call__(self, *, user_id: UserId, current: str | None, new: str) -> None:
        """`current` is None only for an operator.

        Raises `WrongCredentials`, `InvalidPassword`, `TooManyTries`: a stolen token must not be enough to
        guess the password.
        """
        new = checked_password(new)
        secret = await self.users.secret(user_id)
        if current is not None:
            await self._prove(current, secret.password_hash, user_id)
        await self.users.change_password(user_id, await self.passwords.hash(new))

    async def _prove(self, current: str, password_hash: str, user_id: UserId) -> None:
        wait = await self.throttle.hit(
            [f"password:{user_id}"], most=self.limits.sign_ins_per_minute, window=timedelta(minutes=1)
        )
        if wait:
            raise TooManyTries.after(wait)
        if not await is_right(self.passwords, current, password_hash):
            raise WrongCredentials
