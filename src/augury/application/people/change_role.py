from dataclasses import dataclass

from augury.application.people.ports import Users
from augury.domain.identifiers import UserId
from augury.domain.user import Role, User


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRole:
    """Make a member an administrator, or an administrator a member."""

    users: Users

    async def __call__(self, *, user_id: UserId, role: Role, by: UserId | None) -> User:
        """`by` is None only for an operator.

        Raises `UserNotFound`, also for a guest, and `OwnRole`, so that nobody gives up the role by mistake.
        """
        user = (await self.users.get(user_id)).with_role(role, by=by)
        await self.users.change_role(user)
        return user
