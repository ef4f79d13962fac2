from datetime import timedelta

import jwt
import pytest

from augury.application.people.ports.credentials import Access
from augury.domain.credentials import InvalidToken
from augury.domain.identifiers import UserId, uuid7
from augury.outbound import jwt_tokens
from augury.outbound.jwt_tokens import JwtAccessTokens, JwtSettings
from tests.hexagon import SettableClock

SETTINGS = JwtSettings(secret="s" * 32, lifetime=timedelta(minutes=1))


def test_a_token_names_its_user_until_it_expires() -> None:
    clock = SettableClock()
    tokens = JwtAccessTokens(SETTINGS, clock)
    user_id = UserId(uuid7())
    token = tokens.issue(user_id)

    clock.advance(timedelta(seconds=58))
    assert tokens.read(token) == tokens.read(token) == Access(user_id, 0)
    clock.advance(timedelta(seconds=2))
    with pytest.raises(InvalidToken):
        tokens.read(token)
    with pytest.raises(InvalidToken):
        JwtAccessTokens(SETTINGS, clock).read(token)


def test_a_token_of_another_key_is_refused_however_often_it_comes() -> None:
    clock = SettableClock()
    token = JwtAccessTokens(JwtSettings(secret="x" * 32), clock).issue(UserId(uuid7()))
    tokens = JwtAccessTokens(SETTINGS, clock)

    for _ in range(2):
        with pytest.raises(InvalidToken):
            tokens.read(token)


def test_a_token_says_no_more_than_it_must() -> None:
    token = JwtAccessTokens(SETTINGS, SettableClock()).issue(UserId(uuid7()))

    claims = jwt.decode(token, options={"verify_signature": False})

    assert set(claims) == {"iss", "aud", "sub", "ver", "iat", "exp"}
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}


def test_no_more_tokens_are_remembered_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwt_tokens, "MOST_REMEMBERED", 3)
    tokens = JwtAccessTokens(SETTINGS, SettableClock())
    issued = {tokens.issue(user_id): user_id for user_id in (UserId(uuid7()) for _ in range(10))}

    assert {token: tokens.read(token).user_id for token in issued} == issued
    assert len(tokens._verified) == 3


def test_a_short_secret_is_refused_and_a_long_one_never_shown() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        JwtSettings(secret="short")
    assert "s" * 32 not in repr(SETTINGS)


@pytest.mark.parametrize(
    ("said", "read"), [({}, 0), ({"ver": 2}, 2), ({"ver": "2"}, None), ({"ver": True}, None)]
)
def test_a_token_without_a_version_is_one_of_before_there_were_any(
    said: dict[str, object], read: int | None
) -> None:
    clock = SettableClock()
    tokens, user_id = JwtAccessTokens(SETTINGS, clock), UserId(uuid7())
    claims = jwt.decode(tokens.issue(user_id), options={"verify_signature": False})
    del claims["ver"]
    token = jwt.encode(claims | said, SETTINGS.secret, algorithm="HS256")
    if read is None:
        with pytest.raises(InvalidToken):
            tokens.read(token)
    else:
        assert tokens.read(token) == Access(user_id, read)
