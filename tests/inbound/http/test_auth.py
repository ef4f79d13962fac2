import unicodedata
from datetime import timedelta
from typing import Literal

import httpx
import pytest

from augury.application.limits import Limits
from tests.hexagon import Hexagon
from tests.http_api import Api, is_problem, serving

ADA = {"email": "Ada@Example.com", "password": "correct horse"}


async def registered(api: Api) -> dict[str, str]:
    """The tokens of a user who has just registered and signed in."""
    assert (await api.client().post("/auth/register", json=ADA)).status_code == 201
    tokens: dict[str, str] = (await api.client().post("/auth/token", json=ADA)).json()
    return tokens


def bearing(api: Api, tokens: dict[str, str]) -> httpx.AsyncClient:
    return api.client(Authorization=f"Bearer {tokens['access_token']}")


async def test_whoever_registers_can_sign_in(api: Api) -> None:
    response = await api.client().post("/auth/register", json=ADA)

    assert response.status_code == 201
    assert response.json()["email"] == "ada@example.com"
    assert response.json()["role"] == "member"
    assert set(response.json()) == {"id", "email", "role", "created_at"}

    response = await api.client().post("/auth/token", json=ADA)

    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    tokens = response.json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 15 * 60)
    assert (await bearing(api, tokens).get("/users/me")).json()["email"] == "ada@example.com"


async def test_registering_grants_nothing(api: Api) -> None:
    assert (await bearing(api, await registered(api)).get("/balance")).json() == {"available": 0, "held": 0}


async def test_an_address_is_registered_once(api: Api) -> None:
    await registered(api)

    assert is_problem(await api.client().post("/auth/register", json=ADA), 409, "email-taken")


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"email": "nobody"}, "invalid-email"),
        ({"email": "a@b"}, "invalid-email"),
        ({"email": "a" * 255 + "@example.com"}, "wrong-shape"),
        ({"password": "short"}, "invalid-password"),
        ({"password": "p" * 257}, "invalid-password"),
        ({"password": "nul\x00" * 4}, "invalid-password"),
        ({"password": 12345678}, "wrong-shape"),
        ({"role": "admin"}, "wrong-shape"),
    ],
)
async def test_registering_refuses_what_is_no_address_or_password(
    api: Api, changed: dict[str, object], name: str
) -> None:
    response = await api.client().post("/auth/register", json=ADA | changed)

    assert is_problem(response, 422, name)
    assert "p" * 20 not in response.text


async def test_wrong_credentials_are_one_refusal_whatever_is_wrong(api: Api) -> None:
    await registered(api)

    for changed in ({"password": "wrong horse"}, {"email": "bob@example.com"}, {"email": "no address"}):
        response = await api.client().post("/auth/token", json=ADA | changed)
        assert is_problem(response, 401, "wrong-credentials")


async def test_the_form_of_oauth2_signs_in_too(api: Api) -> None:
    await registered(api)
    form = {"grant_type": "password", "username": "ada@example.com", "password": "correct horse"}

    response = await api.client().post("/auth/token", data=form | {"scope": "", "client_id": "docs"})

    assert response.status_code == 200
    assert (await bearing(api, response.json()).get("/users/me")).status_code == 200
    wrong = await api.client().post("/auth/token", data=form | {"password": "wrong"})
    assert is_problem(wrong, 401, "wrong-credentials")


@pytest.mark.parametrize(
    "form",
    [
        {"username": "ada@example.com", "password": "correct horse"},
        {"grant_type": "client_credentials", "username": "a", "password": "b"},
        {"grant_type": "password", "username": "a"},
        {"grant_type": "password", "password": "a"},
        {f"field{number}": "x" for number in range(50)},
    ],
)
async def test_another_form_is_refused(api: Api, form: dict[str, str]) -> None:
    assert is_problem(await api.client().post("/auth/token", data=form), 422, "wrong-shape")


async def test_only_signing_in_takes_a_form(api: Api) -> None:
    response = await api.client().post("/auth/register", data=ADA)

    assert is_problem(response, 415, "unsupported-media-type")


async def test_a_refresh_token_buys_the_next_pair(api: Api) -> None:
    first = await registered(api)

    response = await api.client().post("/auth/refresh", json={"refresh_token": first["refresh_token"]})

    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert response.json()["refresh_token"] != first["refresh_token"]
    assert (await bearing(api, response.json()).get("/users/me")).status_code == 200


async def test_a_stolen_refresh_token_ends_the_whole_family(api: Api) -> None:
    first = (await registered(api))["refresh_token"]
    second = (await api.client().post("/auth/refresh", json={"refresh_token": first})).json()["refresh_token"]
    api.hexagon.clock.advance(timedelta(seconds=11))

    for token in (first, second):
        response = await api.client().post("/auth/refresh", json={"refresh_token": token})
        assert is_problem(response, 401, "invalid-token")


async def test_signing_out_ends_the_session(api: Api) -> None:
    body = {"refresh_token": (await registered(api))["refresh_token"]}

    assert (await api.client().post("/auth/logout", json=body)).status_code == 204
    assert is_problem(await api.client().post("/auth/refresh", json=body), 401, "invalid-token")
    assert (await api.client().post("/auth/logout", json=body)).status_code == 204


async def test_a_changed_password_is_the_one_that_counts_and_ends_every_session(api: Api) -> None:
    tokens = await registered(api)
    change = {"current_password": ADA["password"], "new_password": "battery staple"}

    wrong = await bearing(api, tokens).post("/auth/password", json=change | {"current_password": "guess"})
    assert is_problem(wrong, 401, "wrong-credentials")
    assert (await bearing(api, tokens).post("/auth/password", json=change)).status_code == 204

    assert (await api.client().post("/auth/token", json=ADA)).status_code == 401
    again = await api.client().post("/auth/token", json=ADA | {"password": "battery staple"})
    assert again.status_code == 200
    refreshed = await api.client().post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert is_problem(refreshed, 401, "invalid-token")


@pytest.mark.parametrize("end_api_keys", [False, True])
async def test_a_changed_password_ends_access_tokens_at_once_and_keys_if_asked(
    api: Api, *, end_api_keys: bool
) -> None:
    tokens = await registered(api)
    client = bearing(api, tokens)
    made = await client.post("/users/me/api-keys", json={"name": "script"})
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    assert (await api.client().get("/users/me", headers=key)).status_code == 200
    change = {
        "current_password": ADA["password"],
        "new_password": "battery staple",
        "end_api_keys": end_api_keys,
    }
    assert (await client.post("/auth/password", json=change)).status_code == 204

    assert is_problem(await client.get("/users/me"), 401, "invalid-token")
    answer = await api.client().get("/users/me", headers=key)
    assert answer.status_code == (401 if end_api_keys else 200)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/users/me/api-keys", {"name": "another"}),
        ("POST", "/auth/password", {"current_password": ADA["password"], "new_password": "battery staple"}),
        ("POST", "/users/me/telegram-link", None),
        ("DELETE", "/users/me", None),
    ],
)
async def test_an_api_key_does_nothing_that_would_outlive_it(
    api: Api, method: str, path: str, body: object
) -> None:
    await api.hexagon.links.saw_bot("a_bot")
    tokens = await registered(api)
    made = await bearing(api, tokens).post("/users/me/api-keys", json={"name": "script"})
    key = {"Authorization": f"Bearer {made.json()['key']}"}

    refused = await api.client().request(method, path, json=body, headers=key)

    assert is_problem(refused, 403, "not-by-api-key")
    by_token = await bearing(api, tokens).request(method, path, json=body)
    assert by_token.is_success, by_token.text


async def test_sign_ins_are_limited_and_say_when_to_come_again() -> None:
    async with serving(Hexagon(Limits(sign_ins_per_minute=2))) as api:
        for _ in range(2):
            assert (await api.client().post("/auth/token", json=ADA)).status_code == 401

        response = await api.client().post("/auth/token", json=ADA)

        assert is_problem(response, 429, "too-many-tries")
        assert 0 < int(response.headers["retry-after"]) <= 60
        from_elsewhere = api.client(peer="203.0.113.9")
        other = await from_elsewhere.post("/auth/token", json=ADA | {"email": "bob@example.com"})
        assert other.status_code == 401


async def test_registrations_from_one_address_are_limited() -> None:
    async with serving(Hexagon(Limits(registrations_per_hour=1))) as api:
        await api.client().post("/auth/register", json=ADA)

        response = await api.client().post("/auth/register", json=ADA | {"email": "b@example.com"})

    assert is_problem(response, 429, "too-many-tries")


async def test_a_password_of_odd_characters_is_just_wrong(api: Api) -> None:
    for body in (
        b'{"email": "a@example.com", "password": "\\u0000"}',
        b"grant_type=password&username=%FF&password=%00",
    ):
        kind = "application/json" if body.startswith(b"{") else "application/x-www-form-urlencoded"
        response = await api.client().post("/auth/token", content=body, headers={"Content-Type": kind})
        assert is_problem(response, 401, "wrong-credentials")


@pytest.mark.parametrize(("chosen", "typed"), [("NFC", "NFD"), ("NFD", "NFC")])
async def test_a_password_is_one_whether_its_letters_come_composed_or_not(
    api: Api, chosen: Literal["NFC", "NFD"], typed: Literal["NFC", "NFD"]
) -> None:
    password = "Ёжик-éclair-" + "й" * 200  # decomposed it is longer than a password may be
    ada = {"email": "ada@example.com", "password": unicodedata.normalize(chosen, password)}
    assert (await api.client().post("/auth/register", json=ada)).status_code == 201

    signed_in = await api.client().post(
        "/auth/token", json=ada | {"password": unicodedata.normalize(typed, password)}
    )
    changed = await bearing(api, signed_in.json()).post(
        "/auth/password",
        json={
            "current_password": unicodedata.normalize(typed, password),
            "new_password": unicodedata.normalize(chosen, "ещё один пароль"),
        },
    )
    again = {"email": ada["email"], "password": unicodedata.normalize(typed, "ещё один пароль")}

    assert (signed_in.status_code, changed.status_code) == (200, 204)
    assert (await api.client().post("/auth/token", json=again)).status_code == 200


@pytest.mark.parametrize(("chosen", "typed"), [("NFC", "NFD"), ("NFD", "NFC")])
async def test_an_address_is_one_whether_its_letters_come_composed_or_not(
    api: Api, chosen: Literal["NFC", "NFD"], typed: Literal["NFC", "NFD"]
) -> None:
    address, password = "Андрей@ёлка.рф", {"password": "correct horse battery"}
    first = password | {"email": unicodedata.normalize(chosen, address)}
    second = password | {"email": unicodedata.normalize(typed, address)}
    made = await api.client().post("/auth/register", json=first)
    again = await api.client().post("/auth/register", json=second)
    signed_in = await api.client().post("/auth/token", json=second)
    found = await (await api.admin()).get("/admin/users", params={"email": second["email"]})

    assert made.status_code == 201
    assert is_problem(again, 409, "email-taken")
    assert signed_in.status_code == 200
    assert [each["email"] for each in found.json()["items"]] == [
        unicodedata.normalize("NFC", address.lower())
    ]


@pytest.mark.parametrize("typed", ["NFC", "NFD"])
async def test_a_password_that_was_kept_decomposed_before_still_signs_in(
    api: Api, typed: Literal["NFC", "NFD"]
) -> None:
    user = await api.hexagon.user()
    kept = await api.hexagon.passwords.hash(unicodedata.normalize("NFD", "ёжик-ёжик"))
    await api.hexagon.users.change_password(user.id, kept)

    password = unicodedata.normalize(typed, "ёжик-ёжик")
    response = await api.client().post("/auth/token", json={"email": user.email, "password": password})

    assert response.status_code == 200
