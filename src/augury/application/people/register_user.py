from dataclasses import dataclass
from datetime import timedelta

from augury.application.limits import Limits
from augury.application.people.ports.credentials import PasswordHasher
from augury.application.people.ports.throttle import Throttle
from augury.application.people.ports.users import NewUser, Users
from augury.application.ports import Clock
from augury.domain.audit import Action, Author, act_on_user
from augury.domain.balance import Balance
from augury.domain.email_address import normalized_email
from augury.domain.identifiers import UserId, uuid7
from augury.domain.password import checked_password
from augury.domain.user import Role, User


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterUser:
    """Open an account with an e-mail address and a password."""

    users: Users
    passwords: PasswordHasher
    throttle: Throttle
    clock: Clock
    limits: Limits

    async def __call__(
        self,
        *,
        email: str,
        password: str,
        address: str | None = None,
        role: Role = Role.MEMBER,
        author: Author | None = None,
    ) -> User:
        """`address` is the network address of the request. It is None for an operator at the command line,
        the `author`.

        Raises `InvalidEmail`, `InvalidPassword`, `EmailTaken`, `TooManyTries`.
        """
        email, password = normalized_email(email), checked_password(password)
        if address is not None:
            await self.throttle.admit(
                [f"register:{address}"], most=self.limits.registrations_per_hour, window=timedelta(hours=1)
            )
        user = User(id=UserId(uuid7()), role=role, email=email, created_at=self.clock.now())
        grant = None
        if self.limits.welcome_credits:
            _, (grant,) = Balance(user.id).grant(self.limits.welcome_credits, reference=user.id)
        act = act_on_user(author, Action.CREATE_USER, user.id, after={"role": role})
        await self.users.add(
            NewUser(user=user, password_hash=await self.passwords.hash(password), grant=grant), act=act
        )
        return user
