from dataclasses import dataclass

from augury.application.people.ports.users import Users
from augury.domain.audit import Action, Author, act_on_user
from augury.domain.identifiers import UserId
from augury.domain.user import Role, User


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRole:
    """Make a member an administrator, or an administrator a member."""

    users: Users

    async def __call__(
        self, *, user_id: UserId, role: Role, by: UserId | None, author: Author | None = None
    ) -> User:
        """`by` is None only for an operator.

        Raises `UserNotFound`, also for a guest, and `OwnRole`, so that nobody gives up the role by mistake.
        """
        known = await self.users.get(user_id)
        user = known.with_role(role, by=by)
        act = act_on_user(
            author, Action.CHANGE_ROLE, user_id, before={"role": known.role}, after={"role": user.role}
        )
        await self.users.change_role(user, act=act)
        return user
