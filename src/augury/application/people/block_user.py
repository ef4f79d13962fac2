from dataclasses import dataclass

from augury.application.people.acts import changed_access
from augury.application.people.known_callers import KnownCallers
from augury.application.people.ports.users import Users
from augury.application.ports import Clock
from augury.domain.audit import Author
from augury.domain.identifiers import UserId
from augury.domain.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockUser:
    """Block an account: sign-in, tokens, API keys and chats stop working; accepted predictions still run."""

    users: Users
    known: KnownCallers
    clock: Clock

    async def __call__(self, *, user_id: UserId, by: UserId | None, author: Author | None = None) -> User:
        """Access ends at once in this process, and in others within `Limits.identity_cache`.

        `by` is None only for an operator. Raises `UserNotFound`, also for a guest, and `OwnAccount`, so that
        nobody locks themselves out by mistake.
        """
        known = await self.users.get(user_id)
        user = known.block(by=by, at=self.clock.now())
        await self.users.change_access(user, act=changed_access(known, user, author))
        self.known.forget(user_id)
        return user
