"""Password hashes with argon2id."""

import os
from functools import partial

from argon2 import PasswordHasher as Argon2
from argon2.exceptions import InvalidHashError, VerificationError
from typing_extensions import override

from augury.application.people.ports.credentials import PasswordHasher
from augury.concurrency.threads import Threads

AT_ONCE = 2
"""Hashes that are computed at the same time. Each takes a whole core and `MEMORY_KIB`. Further ones wait."""
# OWASP's recommendation for argon2id (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane.
MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1


class Argon2Passwords(PasswordHasher):
    """Hashes in threads, a limited number at a time. The stored format contains the parameters.

    A missing password is checked against a dummy hash, so that it takes as long as a wrong one.
    """

    def __init__(self) -> None:
        self._argon2 = Argon2(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._threads = Threads(AT_ONCE, name="argon2")
        self._dummy_hash = self._argon2.hash(os.urandom(16))

    @override
    async def hash(self, password: str) -> str:
        return await self._threads.run(partial(self._argon2.hash, _encoded(password)))

    @override
    async def verify(self, password: str, password_hash: str | None) -> bool:
        hashed = self._dummy_hash if password_hash is None else password_hash
        right = await self._threads.run(partial(self._verify, hashed, _encoded(password)))
        return right and password_hash is not None

    def _verify(self, password_hash: str, password: bytes) -> bool:
        try:
            return self._argon2.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def _encoded(password: str) -> bytes:
    """The password in UTF-8. Lone surrogates are encoded, too: they make a wrong password, not an error."""
    return password.encode("utf-8", "surrogatepass")
