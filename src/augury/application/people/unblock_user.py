from dataclasses import dataclass

from augury.application.people.acts import changed_access
from augury.application.people.ports.users import Users
from augury.domain.audit import Author
from augury.domain.identifiers import UserId
from augury.domain.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class UnblockUser:
    """Unblock an account. Its API keys work again; its sessions have ended."""

    users: Users

    async def __call__(self, *, user_id: UserId, author: Author | None = None) -> User:
        """Raises `UserNotFound`. An account that is not blocked stays as it is."""
        known = await self.users.get(user_id)
        user = known.unblock()
        await self.users.change_access(user, act=changed_access(known, user, author))
        return user
