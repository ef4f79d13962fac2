import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import httpx
import jwt
import pytest

from augury.application.limits import Limits
from augury.application.people.known_callers import KnownCallers
from augury.domain.identifiers import uuid7
from augury.domain.user import Role
from tests.hexagon import Hexagon
from tests.http_api import SECRET, SETTINGS, TEXT, Api, is_problem, serving

PROXIES = replace(SETTINGS, trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("2001:db8:1::/48")))


def claims(user_id: object, **changed: object) -> dict[str, Any]:
    now = datetime.now(UTC)
    whole = {
        "iss": "augury",
        "aud": "augury-api",
        "sub": str(user_id),
        "iat": now,
        "exp": now + timedelta(minutes=5),
    }
    return {name: value for name, value in (whole | changed).items() if value is not None}


async def answer_to(api: Api, token: str) -> httpx.Response:
    return await api.client(Authorization=f"Bearer {token}").get("/balance")


async def test_a_token_made_by_the_right_key_is_taken(api: Api) -> None:
    user = await api.hexagon.user()

    response = await answer_to(api, jwt.encode(claims(user.id), SECRET, algorithm="HS256"))

    assert response.status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": datetime.now(UTC) - timedelta(seconds=1)},
        {"exp": None},
        {"iss": "somebody"},
        {"iss": None},
        {"aud": "something"},
        {"aud": None},
        {"sub": None},
        {"sub": "admin"},
        {"sub": str(uuid7())},
    ],
    ids=[
        "expired",
        "no exp",
        "iss",
        "no iss",
        "aud",
        "no aud",
        "no sub",
        "sub that is no id",
        "sub of nobody",
    ],
)
async def test_a_token_that_says_the_wrong_thing_is_refused(api: Api, changed: dict[str, object]) -> None:
    user = await api.hexagon.user()

    response = await answer_to(api, jwt.encode(claims(user.id, **changed), SECRET, algorithm="HS256"))

    assert is_problem(response, 401, "invalid-token")
    assert response.headers["www-authenticate"] == "Bearer"


async def test_a_token_signed_by_another_key_or_not_at_all_is_refused(api: Api) -> None:
    said = claims((await api.hexagon.user()).id)
    good = jwt.encode(said, SECRET, algorithm="HS256")
    head, body, _ = good.split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")

    forged = {
        "another key": jwt.encode(said, "x" * 64, algorithm="HS256"),
        "another algorithm": jwt.encode(said, SECRET, algorithm="HS512"),
        "its longer brother": jwt.encode(said, SECRET, algorithm="HS384"),
        "alg none": f"{none}.{body}.",
        "alg none with a signature": f"{none}.{body}.{good.rsplit('.', 1)[1]}",
        "no signature": f"{head}.{body}.",
        "cut off": good[:-2],
        "no token": "token",
        "nothing": "",
    }
    for name, token in forged.items():
        assert is_problem(await answer_to(api, token), 401, "invalid-token"), name


async def test_a_token_that_was_seen_before_still_expires(api: Api) -> None:
    member = await api.member()
    assert (await member.get("/balance")).status_code == 200

    api.hexagon.clock.advance(timedelta(minutes=16))

    assert is_problem(await member.get("/balance"), 401, "invalid-token")


@pytest.mark.parametrize(
    "credential", ["Basic YTpi", "Bearer", "Bearer ", "token", "", "Bearer a b", "Negotiate x"]
)
async def test_a_wrong_credential_is_refused_and_never_a_guest(api: Api, credential: str) -> None:
    response = await api.client(Authorization=credential).post("/predictions", json=TEXT)

    assert is_problem(response, 401, "invalid-token")
    assert not api.hexagon.memory.state.predictions


async def test_two_credentials_at_once_are_refused(api: Api) -> None:
    token = api.tokens.issue((await api.hexagon.user()).id)
    headers = [("Authorization", f"Bearer {token}"), ("Authorization", "Bearer other")]

    assert is_problem(await api.client().get("/balance", headers=headers), 401, "invalid-token")


async def test_the_scheme_is_read_in_any_case(api: Api) -> None:
    token = api.tokens.issue((await api.hexagon.user()).id)

    assert (await api.client(Authorization=f"bearer {token}").get("/balance")).status_code == 200


async def test_an_api_key_acts_for_its_owner_until_it_is_deleted(api: Api) -> None:
    member = await api.member(credits=3)
    created = (await member.post("/users/me/api-keys", json={"name": "script"})).json()
    program = api.client(Authorization=f"Bearer {created['key']}")

    assert (await program.get("/balance")).json() == {"available": 3, "held": 0}
    assert (await program.post("/predictions", json=TEXT)).status_code == 202
    await member.delete(f"/users/me/api-keys/{created['id']}")

    assert is_problem(await program.get("/balance"), 401, "invalid-token")


async def test_an_api_key_that_nobody_has_is_refused(api: Api) -> None:
    assert is_problem(await answer_to(api, "aug_" + "x" * 43), 401, "invalid-token")
    assert is_problem(await answer_to(api, "aug_"), 401, "invalid-token")


async def test_the_tokens_and_keys_of_a_closed_account_stop_working_at_once(api: Api) -> None:
    member = await api.member()
    key = (await member.post("/users/me/api-keys", json={"name": "script"})).json()["key"]
    program = api.client(Authorization=f"Bearer {key}")
    assert (await program.get("/balance")).status_code == 200

    assert (await member.delete("/users/me")).status_code == 204

    for client in (member, program):
        assert is_problem(await client.get("/balance"), 401, "invalid-token")
        assert is_problem(await client.post("/predictions", json=TEXT), 401, "invalid-token")


async def test_an_account_closed_elsewhere_is_asked_about_again_soon() -> None:
    hexagon = Hexagon(Limits(identity_cache=timedelta(0)))
    elsewhere = replace(hexagon.close_account, known=KnownCallers(hexagon.limits))
    async with serving(hexagon) as api:
        user = await hexagon.user()
        member = api.client_of(user)
        assert (await member.get("/balance")).status_code == 200

        await elsewhere(user_id=user.id)

        assert is_problem(await member.get("/balance"), 401, "invalid-token")


async def test_the_role_is_read_from_the_database_each_time(api: Api) -> None:
    user = await api.hexagon.user(role=Role.ADMIN)
    admin = api.client_of(user)
    assert (await admin.get("/admin/users")).status_code == 200

    await api.hexagon.users.change_role(replace(user, role=Role.MEMBER))

    assert is_problem(await admin.get("/admin/users"), 403, "not-allowed")


# Guests ------------------------------------------------------------------------------------------------


async def test_a_guest_spends_the_days_credits_and_no_more(api: Api) -> None:
    guest = api.client()
    for _ in range(api.hexagon.limits.guest_credits):
        assert (await guest.post("/predictions", json=TEXT)).status_code == 202

    assert is_problem(await guest.post("/predictions", json=TEXT), 402, "not-enough-credits")

    api.hexagon.clock.advance(timedelta(days=1))
    assert (await guest.post("/predictions", json=TEXT)).status_code == 202


async def test_a_guest_reads_what_came_from_the_same_address(api: Api) -> None:
    url = (await api.client().post("/predictions", json=TEXT)).json()["urls"]["self"]

    assert (await api.client().get(url)).status_code == 200
    assert is_problem(await api.client(peer="198.51.100.8").get(url), 404, "prediction-not-found")


async def test_what_a_guest_submitted_before_midnight_is_read_after_it(api: Api) -> None:
    api.hexagon.clock.set(datetime(2030, 1, 1, 23, 59, tzinfo=UTC))
    url = (await api.client().post("/predictions", json=TEXT)).json()["urls"]["self"]

    async with serving(api.hexagon) as restarted:  # a process that remembers nothing
        for hours, new_guest in ((1, False), (1, True), (20, True)):
            api.hexagon.clock.advance(timedelta(hours=hours))
            if new_guest:
                await restarted.client().post("/predictions", json=TEXT)
            assert (await restarted.client().get(url)).status_code == 200
        api.hexagon.clock.advance(timedelta(hours=3))
        assert is_problem(await restarted.client().get(url), 404, "prediction-not-found")


async def test_reading_makes_no_guest() -> None:
    async with serving(Hexagon(Limits(guests_per_day=1))) as api:
        for number in range(3):
            response = await api.client(peer=f"203.0.113.{number}").get(f"/predictions/{uuid7()}")
            assert is_problem(response, 404, "prediction-not-found")

        assert not api.hexagon.memory.state.users
        assert (await api.client().post("/predictions", json=TEXT)).status_code == 202


async def test_one_household_is_one_guest(api: Api) -> None:
    async def guests(*peers: str) -> int:
        before = len(api.hexagon.memory.state.users)
        for peer in peers:
            assert (await api.client(peer=peer).post("/predictions", json=TEXT)).status_code == 202
        return len(api.hexagon.memory.state.users) - before

    assert await guests("2001:db8:0:1::1", "2001:db8:0:1:ffff::2") == 1
    assert await guests("2001:db8:0:2::1") == 1
    assert await guests("203.0.113.1", "::ffff:203.0.113.1") == 1
    assert await guests("203.0.113.2") == 1


async def test_guests_can_be_turned_off() -> None:
    async with serving(Hexagon(Limits(guest_credits=0))) as api:
        submitted = await api.client().post("/predictions", json=TEXT)
        read = await api.client().get(f"/predictions/{uuid7()}")

    assert is_problem(submitted, 401, "guests-not-served")
    assert is_problem(read, 401, "guests-not-served")


async def test_no_more_guests_are_admitted_than_a_day_allows() -> None:
    async with serving(Hexagon(Limits(guests_per_day=1))) as api:
        await api.client().post("/predictions", json=TEXT)

        response = await api.client(peer="198.51.100.8").post("/predictions", json=TEXT)

    assert is_problem(response, 401, "too-many-guests")


async def test_nothing_of_an_address_is_stored(api: Api) -> None:
    await api.client(peer="203.0.113.77").post("/predictions", json=TEXT)

    assert "203.0.113.77" not in repr(api.hexagon.memory.state)


async def test_tries_are_counted_without_storing_an_address(api: Api) -> None:
    client = api.client(peer="203.0.113.77")
    credentials = {"email": "ada@example.org", "password": "correct horse"}
    await client.post("/auth/register", json=credentials)
    tokens = (await client.post("/auth/token", json=credentials)).json()
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    await client.post("/balance/redeem", json={"code": "A-GUESS"})
    await client.delete("/users/me")

    windows = api.hexagon.memory.state.windows
    kinds = [key.partition(":")[0] for key in windows]
    assert [kinds.count(kind) for kind in ("register", "sign-in", "redeem")] == [1, 2, 2]
    assert not any("203.0.113" in key or "ada@" in key for key in windows)  # hashes may have "ada"


async def test_a_stranger_cannot_make_up_an_address(api: Api) -> None:
    before = len(api.hexagon.memory.state.users)
    for number in range(5):
        client = api.client(
            **{"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=203.0.113.{number}"}
        )
        await client.post("/predictions", json=TEXT)

    assert len(api.hexagon.memory.state.users) == before + 1


async def test_a_trusted_proxy_says_who_comes(hexagon: Hexagon) -> None:
    async with serving(hexagon, settings=PROXIES) as api:
        for number in range(3):
            client = api.client(peer="10.0.0.1", **{"X-Forwarded-For": f"203.0.113.{number}"})
            await client.post("/predictions", json=TEXT)
        assert len(hexagon.memory.state.users) == 3

        forging = api.client(peer="10.0.0.1", **{"X-Forwarded-For": "192.0.2.1, 203.0.113.0"})
        await forging.post("/predictions", json=TEXT)
        assert len(hexagon.memory.state.users) == 3
