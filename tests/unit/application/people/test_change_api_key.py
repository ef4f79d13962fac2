from dataclasses import replace
from datetime import timedelta

import pytest

from augury.application.people.change_api_key import ChangeApiKey, KeyChange
from augury.application.people.known_callers import KnownCallers
from augury.domain.api_key import (
    ApiKeyNotFound,
    ExpiryNotShortened,
    InvalidApiKeyName,
    KeyScope,
    ScopeMissing,
    SpendingLimits,
)
from augury.domain.credentials import InvalidToken
from augury.domain.identifiers import uuid7
from tests.hexagon import Hexagon

HOUR = timedelta(hours=1)


async def test_another_process_believes_a_change_once_it_asks_again(hexagon: Hexagon) -> None:
    user = await hexagon.user()
    key, secret = await hexagon.create_api_key(user_id=user.id, name="k", limits=SpendingLimits(day=5))
    change = hexagon.use_case(ChangeApiKey)
    elsewhere = replace(hexagon.identify_caller, known=KnownCallers(hexagon.limits))
    for process in (hexagon.identify_caller, elsewhere):
        assert (await process(secret)).key == key.terms

    lowered = KeyChange(limits=SpendingLimits(day=1))
    changed = await change(user_id=user.id, key_id=key.id, change=lowered)

    assert changed.limits == SpendingLimits(day=1)
    assert (await hexagon.identify_caller(secret)).key == changed.terms, "here at once"
    assert (await elsewhere(secret)).key == key.terms
    elsewhere.known.forget(user.id)  # happens automatically after `Limits.identity_cache`
    assert (await elsewhere(secret)).key == changed.terms

    await hexagon.delete_api_key(user_id=user.id, key_id=key.id)
    elsewhere.known.forget(user.id)
    for process in (hexagon.identify_caller, elsewhere):
        with pytest.raises(InvalidToken):
            await process(secret)


async def test_an_expiry_is_brought_forward_and_never_put_off(hexagon: Hexagon) -> None:
    user = await hexagon.user()
    change = hexagon.use_case(ChangeApiKey)
    now = hexagon.clock.now()
    endless, _ = await hexagon.create_api_key(user_id=user.id, name="k")
    key, _ = await hexagon.create_api_key(user_id=user.id, name="k", expires_in=2 * HOUR)

    for each, expires_in in ((endless, 9 * HOUR), (key, HOUR), (key, HOUR / 2)):
        changed = await change(user_id=user.id, key_id=each.id, change=KeyChange(expires_in=expires_in))
        assert changed.expires_at == now + expires_in
    with pytest.raises(ExpiryNotShortened):
        await change(user_id=user.id, key_id=key.id, change=KeyChange(expires_in=HOUR))
    with pytest.raises(InvalidApiKeyName):
        await change(user_id=user.id, key_id=key.id, change=KeyChange(name=""))
    with pytest.raises(ApiKeyNotFound):
        await change(user_id=user.id, key_id=uuid7(), change=KeyChange(name="n"))


async def test_a_token_may_do_everything_and_a_key_what_its_scopes_say(hexagon: Hexagon) -> None:
    user = await hexagon.user()
    _, secret = await hexagon.create_api_key(user_id=user.id, name="k", scopes=frozenset({KeyScope.READ}))
    by_key = await hexagon.identify_caller(secret)
    by_token = await hexagon.identify_caller(hexagon.access_tokens.issue(user.id))

    for scope in KeyScope:
        by_token.require(scope)
    by_key.require(KeyScope.READ)
    for scope in (KeyScope.PREDICT, KeyScope.ADMIN):
        with pytest.raises(ScopeMissing):
            by_key.require(scope)
