"""Users: registered members, and guests, who are identified by their address and the day."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from augury.domain.errors import DomainError
from augury.domain.identifiers import UserId


@dataclass(eq=False)
class UserNotFound(DomainError):
    """There is no such user."""


@dataclass(eq=False)
class PredictionsUnderWay(DomainError):
    """The account has unfinished predictions or an unfinished batch: wait for them or cancel them first."""

    pending: int
    """The unfinished predictions outside of batches. 0: only a batch is unfinished."""


@dataclass(eq=False)
class CreditsLeft(DomainError):
    """The account still has credits, which would be lost."""

    available: int


@dataclass(eq=False)
class NotAllowed(DomainError):
    """Only administrators may do this."""


@dataclass(eq=False)
class OwnRole(DomainError):
    """You cannot change your own role: ask another administrator."""


@dataclass(eq=False)
class AccountBlocked(DomainError):
    """This account is blocked. Ask the operator of this service."""


@dataclass(eq=False)
class OwnAccount(DomainError):
    """You cannot block your own account: ask another administrator."""


class Role(StrEnum):
    GUEST = "guest"
    MEMBER = "member"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person or program that holds a balance. A guest has neither e-mail address nor password."""

    id: UserId
    role: Role
    email: str | None
    created_at: datetime
    closed_at: datetime | None = None
    blocked_at: datetime | None = None
    access_version: int = 0
    """Access tokens of another version are not valid. The version changes when the password changes, and when
    the user signs out everywhere."""

    def with_role(self, role: Role, *, by: UserId | None) -> Self:
        """Make the user a member or an administrator. `by` is None only for an operator.

        Raises `UserNotFound` for a guest, and `OwnRole` if users change their own role.
        """
        if self.role is Role.GUEST or role is Role.GUEST:
            raise UserNotFound
        if self.id == by:
            raise OwnRole
        return replace(self, role=role)

    def block(self, *, by: UserId | None, at: datetime) -> Self:
        """Take away access. `by` is None only for an operator. Accepted predictions still run.

        Raises `UserNotFound` for a guest, and `OwnAccount` if users block themselves.
        """
        if self.role is Role.GUEST:
            raise UserNotFound
        if self.id == by:
            raise OwnAccount
        return self if self.blocked_at else replace(self, blocked_at=at)

    def unblock(self) -> Self:
        return replace(self, blocked_at=None)

    def require_access(self) -> None:
        if self.blocked_at is not None:
            raise AccountBlocked

    def require_admin(self) -> None:
        self.require_access()
        if self.role is not Role.ADMIN or self.closed_at is not None:
            raise NotAllowed

    def close(self, *, at: datetime) -> Self:
        """Remove the personal data from the account. Its transfers stay in the books."""
        return replace(self, email=None, closed_at=at)
