import asyncio
from typing import Literal

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from typing_extensions import override

from augury.outbound.argon2_passwords import Argon2Passwords


@pytest.fixture(scope="module")
def passwords() -> Argon2Passwords:
    return Argon2Passwords()


async def test_only_the_same_password_is_right(passwords: Argon2Passwords) -> None:
    hashed = await passwords.hash("correct horse")

    assert await passwords.verify("correct horse", hashed)
    assert not await passwords.verify("Correct horse", hashed)
    assert not await passwords.verify("", hashed)


async def test_the_same_password_never_looks_the_same(passwords: Argon2Passwords) -> None:
    first, second = await asyncio.gather(passwords.hash("correct horse"), passwords.hash("correct horse"))

    assert first != second
    assert first.startswith("$argon2id$")


async def test_where_there_is_no_user_no_password_is_right(passwords: Argon2Passwords) -> None:
    for password in ("", "correct horse", "x" * 10_000):
        assert not await passwords.verify(password, None)


async def test_a_hash_that_is_none_is_never_right(passwords: Argon2Passwords) -> None:
    for broken in ("", "nonsense", "$argon2id$v=19$m=19456"):
        for password in ("correct horse", ""):
            assert not await passwords.verify(password, broken)


async def test_odd_characters_are_taken_as_they_are(passwords: Argon2Passwords) -> None:
    for password in ("пароль 密码", "nul\x00", "\ud800"):
        assert await passwords.verify(password, await passwords.hash(password))


class Counting(PasswordHasher):
    """Remembers which hashes it had to compute."""

    verified: list[str | bytes]

    @override
    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.verified.append(hash)
        return super().verify(hash, password)


async def test_one_who_does_not_exist_costs_the_same_work_as_one_who_does() -> None:
    passwords, counting = Argon2Passwords(), Counting()
    known = await passwords.hash("correct horse")
    counting.verified = []
    passwords._argon2 = counting

    assert not await passwords.verify("wrong", known)
    assert not await passwords.verify("wrong", None)

    theirs, nobodys = (extract_parameters(str(each)) for each in counting.verified)
    assert theirs == nobodys
    assert nobodys.type is Type.ID
