from dataclasses import dataclass

from augury.application.people.ports import Users
from augury.domain.identifiers import UserId
from augury.domain.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class UnblockUser:
    """Unblock an account. Its API keys work again; its sessions have ended."""

    users: Users

    async def __call__(self, *, user_id: UserId) -> User:
        """Raises `UserNotFound`. An account that is not blocked stays as it is."""
        user = (await self.users.get(user_id)).unblock()
        await self.users.change_access(user)
        return user
