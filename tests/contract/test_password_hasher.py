import pytest

from augury.application.people.ports.credentials import PasswordHasher
from augury.outbound.argon2_passwords import Argon2Passwords
from augury.outbound.memory.passwords import MemoryPasswords


@pytest.fixture(params=["memory", "argon2"])
def passwords(request: pytest.FixtureRequest) -> PasswordHasher:
    return MemoryPasswords() if request.param == "memory" else Argon2Passwords()


@pytest.mark.parametrize("password", ["correct horse", "пароль 🙂", "x" * 256, "a\x00b", "\ud800"])
async def test_the_right_password_is_verified_and_no_other(passwords: PasswordHasher, password: str) -> None:
    password_hash = await passwords.hash(password)

    assert await passwords.verify(password, password_hash)
    for wrong in ("", password + " ", password[:-1], password.swapcase() + "!"):
        assert not await passwords.verify(wrong, password_hash)
    assert password not in password_hash


async def test_without_a_hash_no_password_is_right(passwords: PasswordHasher) -> None:
    assert not await passwords.verify("", None)
    assert not await passwords.verify("correct horse", None)


async def test_a_broken_hash_verifies_nothing(passwords: PasswordHasher) -> None:
    assert not await passwords.verify("correct horse", "not a hash")
