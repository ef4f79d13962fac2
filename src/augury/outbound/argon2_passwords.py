"""Password hashes with argon2id."""

import os
from functools import partial

from argon2 import PasswordHasher as Argon2
from argon2.exceptions import InvalidHashError, VerificationError
from typing_extensions import override

from augury.application.people.ports.credentials import PasswordHasher
from augury.concurrency.threads import Threads

AT_ONCE = 2
"""Hashes computed at the same time: each takes a whole core and `MEMORY_KIB`. Further ones wait."""
# OWASP's recommendation for argon2id (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane.
MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1


class Argon2Passwords(PasswordHasher):
    """Hashes in threads, a limited number at a time. The stored format contains the parameters."""

    def __init__(self) -> None:
        self._argon2 = Argon2(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._threads = Threads(AT_ONCE, name="argon2")
        self._nobodys = self._argon2.hash(os.urandom(16))

    @override
    async def hash(self, password: str) -> str:
        return await self._threads.run(partial(self._argon2.hash, _encoded(password)))

    @override
    async def verify(self, password: str, password_hash: str | None) -> bool:
        hashed = self._nobodys if password_hash is None else password_hash
        right = await self._threads.run(partial(self._verify, hashed, _encoded(password)))
        return right and password_hash is not None

    def _verify(self, password_hash: str, password: bytes) -> bool:
        try:
            return self._argon2.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def _encoded(password: str) -> bytes:
    """Encode also lone surrogates: such a text is just a wrong password, not an error."""
    return password.encode("utf-8", "surrogatepass")
