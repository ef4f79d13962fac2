from datetime import timedelta

import pytest

from augury.application.limits import Limits
from augury.application.people.key_names import MOST_NAME_CHARACTERS
from augury.application.people.ports.api_keys import KeyHolder
from augury.application.people.tokens import API_KEY_PREFIX, digest
from augury.domain.api_key import InvalidApiKeyName, TooManyApiKeys
from tests.hexagon import Hexagon


async def test_a_key_acts_for_its_user_and_is_told_by_its_first_characters(hexagon: Hexagon) -> None:
    user = await hexagon.user()

    key, secret = await hexagon.create_api_key(user_id=user.id, name="робот")

    assert secret.startswith(API_KEY_PREFIX)
    assert secret.startswith(key.hint)
    assert len(key.hint) < 10 < len(secret)
    assert (key.name, key.expires_at, key.created_at) == ("робот", None, hexagon.clock.now())
    assert await hexagon.api_keys.owner(digest(secret)) == KeyHolder(user, key.terms)
    [stored] = await hexagon.api_keys.of(user.id)
    assert stored.id == key.id


async def test_no_two_keys_are_alike(hexagon: Hexagon) -> None:
    user = await hexagon.user()

    secrets = {(await hexagon.create_api_key(user_id=user.id, name="key"))[1] for _ in range(10)}

    assert len(secrets) == 10


async def test_a_key_ends_when_it_was_asked_to(hexagon: Hexagon) -> None:
    user = await hexagon.user()
    key, secret = await hexagon.create_api_key(user_id=user.id, name="key", expires_in=timedelta(hours=1))
    assert key.expires_at == hexagon.clock.now() + timedelta(hours=1)
    assert await hexagon.api_keys.owner(digest(secret)) == KeyHolder(user, key.terms)

    hexagon.clock.advance(timedelta(hours=1))

    assert await hexagon.api_keys.owner(digest(secret)) is None


async def test_a_key_that_is_to_end_at_once_never_opens_anything(hexagon: Hexagon) -> None:
    user = await hexagon.user()

    _, secret = await hexagon.create_api_key(user_id=user.id, name="key", expires_in=timedelta())

    assert await hexagon.api_keys.owner(digest(secret)) is None


@pytest.mark.parametrize("name", ["", "x" * (MOST_NAME_CHARACTERS + 1), "a\x00b", "\ud800"])
async def test_a_name_that_is_empty_too_long_or_not_storable_is_refused(hexagon: Hexagon, name: str) -> None:
    user = await hexagon.user()

    with pytest.raises(InvalidApiKeyName):
        await hexagon.create_api_key(user_id=user.id, name=name)
    assert await hexagon.api_keys.of(user.id) == []


async def test_a_user_has_no_more_keys_than_allowed() -> None:
    hexagon = Hexagon(Limits(api_keys=2))
    user = await hexagon.user()
    for _ in range(2):
        await hexagon.create_api_key(user_id=user.id, name="x" * MOST_NAME_CHARACTERS)

    with pytest.raises(TooManyApiKeys) as refusal:
        await hexagon.create_api_key(user_id=user.id, name="key")
    assert refusal.value.most == 2
