"""Whether a password is the one that is kept."""

from augury.application.people.ports import PasswordHasher
from augury.domain.user import spellings


async def is_right(passwords: PasswordHasher, typed: str, password_hash: str | None) -> bool:
    """Takes as long without a hash, when there is no such user, as with a password that is wrong."""
    for spelling in spellings(typed):
        if await passwords.verify(spelling, password_hash):
            return True
    return False
