"""Checks passwords against their hashes."""

from augury.application.people.ports.credentials import PasswordHasher
from augury.domain.password import spellings


async def is_right(passwords: PasswordHasher, typed: str, password_hash: str | None) -> bool:
    """Whether the password is right. Without a hash (no such user) this takes as long as for a wrong one."""
    for spelling in spellings(typed):
        if await passwords.verify(spelling, password_hash):
            return True
    return False
