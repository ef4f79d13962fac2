import secrets
from datetime import datetime, timedelta

from typing_extensions import override

from augury.application.people.ports.credentials import Access, AccessTokens
from augury.application.ports import Clock
from augury.domain.credentials import InvalidToken
from augury.domain.identifiers import UserId


class MemoryAccessTokens(AccessTokens):
    """Random tokens that are valid only in this process."""

    def __init__(self, clock: Clock, *, lifetime: timedelta = timedelta(minutes=15)) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._issued: dict[str, tuple[Access, datetime]] = {}

    @property
    @override
    def lifetime(self) -> timedelta:
        return self._lifetime

    @override
    def issue(self, user_id: UserId, version: int = 0) -> str:
        token = secrets.token_urlsafe(16)
        self._issued[token] = (Access(user_id, version), self._clock.now() + self._lifetime)
        return token

    @override
    def read(self, token: str) -> Access:
        known = self._issued.get(token)
        if known is None or known[1] <= self._clock.now():
            raise InvalidToken
        return known[0]
