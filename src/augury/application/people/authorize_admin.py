from dataclasses import dataclass

from augury.application.people.ports.users import Users
from augury.domain.credentials import InvalidToken
from augury.domain.identifiers import UserId
from augury.domain.user import UserNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeAdmin:
    """Let only administrators pass. The role is read from the books each time, never from a token."""

    users: Users

    async def __call__(self, user_id: UserId) -> None:
        """Raises `NotAllowed`, `AccountBlocked`, and `InvalidToken` if the account is closed."""
        try:
            user = await self.users.get(user_id)
        except UserNotFound:
            raise InvalidToken from None
        user.require_admin()
