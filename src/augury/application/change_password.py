from dataclasses import dataclass

from augury.application.identity_ports import PasswordHasher, Users
from augury.domain.identifiers import UserId
from augury.domain.user import WrongCredentials, checked_password


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    """Replace the password; every session of the user ends."""

    users: Users
    passwords: PasswordHasher

    async def __call__(self, *, user_id: UserId, current: str | None, new: str) -> None:
        """`current` is None only for an operator. Raises `WrongCredentials`, `InvalidPassword`."""
        checked_password(new)
        secret = await self.users.secret(user_id)
        if current is not None and not await self.passwords.verify(current, secret.password_hash):
            raise WrongCredentials
        await self.users.change_password(user_id, await self.passwords.hash(new))
