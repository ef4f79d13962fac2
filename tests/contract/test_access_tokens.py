from datetime import timedelta
from uuid import uuid4

import pytest

from augury.application.people.ports.credentials import Access, AccessTokens
from augury.domain.credentials import InvalidToken
from augury.domain.identifiers import UserId, uuid7
from augury.outbound.jwt_tokens import JwtAccessTokens, JwtSettings
from augury.outbound.memory.access_tokens import MemoryAccessTokens
from tests.hexagon import SettableClock


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture(params=["memory", "jwt"])
def tokens(request: pytest.FixtureRequest, clock: SettableClock) -> AccessTokens:
    if request.param == "memory":
        return MemoryAccessTokens(clock)
    return JwtAccessTokens(JwtSettings(secret=uuid4().hex), clock)


def test_a_token_names_the_user_it_was_issued_to(tokens: AccessTokens) -> None:
    ann, ben = UserId(uuid7()), UserId(uuid7())
    anns, bens = tokens.issue(ann), tokens.issue(ben, 3)

    assert [tokens.read(anns), tokens.read(bens), tokens.read(anns)] == [
        Access(ann, 0),
        Access(ben, 3),
        Access(ann, 0),
    ]


def test_a_token_ends_with_its_lifetime_also_if_it_was_read_before(
    tokens: AccessTokens, clock: SettableClock
) -> None:
    token = tokens.issue(UserId(uuid7()))
    clock.advance(tokens.lifetime - timedelta(seconds=2))
    tokens.read(token)
    clock.advance(timedelta(seconds=3))

    for _ in range(2):
        with pytest.raises(InvalidToken):
            tokens.read(token)


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "\x00", "\ud800", "é" * 50, "." * 100, "eyJhbGciOiJub25lIn0.e30."]
)
def test_what_was_not_issued_is_invalid(tokens: AccessTokens, token: str) -> None:
    with pytest.raises(InvalidToken):
        tokens.read(token)


def test_a_token_with_a_changed_letter_is_invalid(tokens: AccessTokens) -> None:
    token = tokens.issue(UserId(uuid7()))
    for place in (2, len(token) // 2, len(token) - 3):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(InvalidToken):
            tokens.read(changed)
