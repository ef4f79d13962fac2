"""Ports: passwords and access tokens."""

from abc import abstractmethod
from datetime import timedelta
from typing import NamedTuple, Protocol

from augury.domain.api_key import KeyScope, KeyTerms
from augury.domain.identifiers import UserId


class Access(NamedTuple):
    """The caller, and what the credential says about the caller's account."""

    user_id: UserId
    version: int | None = None
    """The account's `access_version` when the access token was issued. None for an API key."""
    key: KeyTerms | None = None
    """The rights of the API key. None for an access token, which has all rights."""

    def require(self, scope: KeyScope) -> None:
        """Raises `ScopeMissing` if the credential is an API key without this scope."""
        if self.key is not None:
            self.key.require(scope)


class PasswordHasher(Protocol):
    @abstractmethod
    async def hash(self, password: str) -> str: ...

    @abstractmethod
    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether the password is right. Without a hash (no such user), returns False after the same time."""


class AccessTokens(Protocol):
    """Short-lived tokens that a server can verify without a query."""

    @property
    @abstractmethod
    def lifetime(self) -> timedelta:
        """How long a token is valid."""

    @abstractmethod
    def issue(self, user_id: UserId, version: int = 0) -> str:
        """A token that carries the account's `access_version`."""

    @abstractmethod
    def read(self, token: str) -> Access:
        """Raises `InvalidToken`."""
