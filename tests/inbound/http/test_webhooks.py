import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any, get_args

import httpx
import pytest

from augury.application.webhooks.settings import WebhookSettings
from augury.domain.identifiers import uuid7
from augury.domain.webhook import SUBSCRIBABLE
from augury.inbound.http.description.webhook_events import EVENTS
from augury.inbound.http.webhooks.views import Event
from tests.hexagon import Hexagon
from tests.http_api import TEXT, Api, is_problem, serving

URL = "https://receiver.example.org/hook"
NEW = {"url": URL, "events": ["prediction.finished", "payment.received"]}


async def created(member: httpx.AsyncClient, **changes: object) -> dict[str, Any]:
    response = await member.post("/webhooks", json=NEW | changes)
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def test_a_secret_is_shown_once_and_stored_never(api: Api) -> None:
    member = await api.member()

    made = await created(member)

    assert made["secret"].startswith("whsec_")
    assert made["secret"] not in repr(api.hexagon.memory.state)
    webhook = made["webhook"]
    assert webhook["events"] == ["prediction.finished", "payment.received"]
    assert webhook["enabled"]
    assert (await member.get("/webhooks")).json() == {"items": [webhook], "next_cursor": None}
    assert (await member.get(f"/webhooks/{webhook['id']}")).json() == webhook


@pytest.mark.parametrize(
    "change",
    [
        {"url": 5},
        {"url": ""},
        {"events": []},
        {"events": ["webhook.test"]},
        {"events": ["prediction.*"]},
        {"balance_below": 0},
        {"description": "d" * 201},
        {"secret": "whsec_mine"},
    ],
    ids=repr,
)
async def test_a_webhook_of_another_shape_is_refused(api: Api, change: dict[str, object]) -> None:
    member = await api.member()
    assert is_problem(await member.post("/webhooks", json=NEW | change), 422, "wrong-shape")


async def test_a_description_that_cannot_be_stored_is_refused(api: Api) -> None:
    member = await api.member()
    made = await created(member, description="mine")
    path = f"/webhooks/{made['webhook']['id']}"

    refused = await member.post("/webhooks", json=NEW | {"description": "a\x00"})
    assert is_problem(refused, 422, "invalid-webhook")
    changed = await member.patch(path, json={"description": "a\x00"})
    assert is_problem(changed, 422, "invalid-webhook")
    assert (await member.get(path)).json()["description"] == "mine"


@pytest.mark.parametrize(
    ("change", "addresses", "words"),
    [
        ({"url": "http://receiver.example.org/"}, ["93.184.216.34"], "https://"),
        ({"url": "https://a:b@receiver.example.org/"}, ["93.184.216.34"], "password"),
        ({}, ["10.0.0.7"], "not public"),
        ({}, ["93.184.216.34", "169.254.169.254"], "not public"),
        ({}, [], "no address"),
        ({"events": ["balance.low"]}, ["93.184.216.34"], "balance_below"),
    ],
)
async def test_a_webhook_that_cannot_be_is_told_why(
    api: Api, change: dict[str, object], addresses: list[str], words: str
) -> None:
    member = await api.member()
    api.hexagon.addresses.by_name["receiver.example.org"] = addresses

    response = await member.post("/webhooks", json=NEW | change)

    assert is_problem(response, 422, "invalid-webhook")
    assert words in response.json()["reason"]
    assert "10.0.0.7" not in response.text
    assert (await member.get("/webhooks")).json()["items"] == []


async def test_an_operator_can_allow_receivers_inside() -> None:
    hexagon = Hexagon(webhooks=WebhookSettings(allow=(ip_network("10.1.0.0/16"),)))
    hexagon.addresses.by_name["inside"] = ["10.1.2.3"]
    async with serving(hexagon) as api:
        await created(await api.member(), url="http://inside:8000/hook")


async def test_a_user_has_so_many_webhooks(api: Api) -> None:
    member = await api.member()
    for _ in range(10):
        await created(member)

    assert is_problem(await member.post("/webhooks", json=NEW), 409, "too-many-webhooks")

    page = (await member.get("/webhooks", params={"limit": 6})).json()
    rest = (await member.get("/webhooks", params={"limit": 6, "cursor": page["next_cursor"]})).json()
    ids = [each["id"] for each in (*page["items"], *rest["items"])]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 10
    assert rest["next_cursor"] is None


async def test_a_webhook_is_changed_disabled_and_enabled(api: Api) -> None:
    member = await api.member()
    made = (await created(member))["webhook"]
    path = f"/webhooks/{made['id']}"

    change = {"events": ["balance.low"], "balance_below": 5, "description": "касса", "enabled": False}
    changed = (await member.patch(path, json=change)).json()

    assert changed == made | change | {
        "disabled_at": changed["disabled_at"],
        "disabled_why": "by_owner",
    }
    assert is_problem(await member.post(f"{path}/test"), 409, "webhook-disabled")
    again = (await member.patch(path, json={"enabled": True, "url": URL + "2"})).json()
    assert (again["enabled"], again["disabled_at"], again["url"]) == (True, None, URL + "2")
    assert is_problem(await member.patch(path, json={"url": "http://x/"}), 422, "invalid-webhook")
    assert (await member.delete(path)).status_code == 204
    assert is_problem(await member.get(path), 404, "webhook-not-found")


async def test_a_new_secret_replaces_the_one_before_after_a_while(api: Api) -> None:
    member = await api.member()
    made = await created(member)

    rotated = (await member.post(f"/webhooks/{made['webhook']['id']}/rotate")).json()

    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != made["secret"]
    until = datetime.fromisoformat(rotated["overlap_until"])
    assert until == api.hexagon.clock.now() + timedelta(hours=24)


async def test_a_test_event_and_a_replay_are_seen_in_the_log(api: Api) -> None:
    member = await api.member()
    path = f"/webhooks/{(await created(member))['webhook']['id']}"

    response = await member.post(f"{path}/test")

    assert response.status_code == 202
    waiting = response.json()
    assert (waiting["event"], waiting["status"], waiting["tries"]) == ("webhook.test", "waiting", 0)
    await api.hexagon.deliver_webhooks()
    [done] = (await member.get(f"{path}/deliveries")).json()["items"]
    assert (done["status"], done["status_code"], done["tries"]) == ("delivered", 204, 1)
    assert done["next_try_at"] is None
    assert done["duration_ms"] is not None

    for body in ({"delivery_id": done["id"]}, {"since": "2000-01-01T00:00:00Z", "until": until(api)}):
        replayed = await member.post(f"{path}/replay", json=body)
        assert (replayed.status_code, replayed.json()) == (202, {"replayed": 1})
        await api.hexagon.deliver_webhooks()
    failed = {"since": "2000-01-01T00:00:00Z", "only_failed": True}
    assert (await member.post(f"{path}/replay", json=failed)).json() == {"replayed": 0}
    ids = [headers["webhook-id"] for _, headers, _ in api.hexagon.sender.sent]
    assert ids == [done["id"]] * 3


def until(api: Api) -> str:
    return (api.hexagon.clock.now() + timedelta(seconds=1)).isoformat()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"until": "2026-01-01T00:00:00Z"},
        {"delivery_id": "01994d2f-7c1e-7000-8a3b-5c6d7e8f9012", "since": "2026-01-01T00:00:00Z"},
        {"since": "2026-01-01T00:00:00"},
    ],
    ids=repr,
)
async def test_a_replay_names_a_delivery_or_a_time(api: Api, body: dict[str, object]) -> None:
    member = await api.member()
    path = f"/webhooks/{(await created(member))['webhook']['id']}"
    assert is_problem(await member.post(f"{path}/replay", json=body), 422, "wrong-shape")


async def test_deliveries_are_listed_page_by_page(api: Api) -> None:
    member = await api.member()
    path = f"/webhooks/{(await created(member))['webhook']['id']}"
    for _ in range(3):
        await member.post(f"{path}/test")

    page = (await member.get(f"{path}/deliveries", params={"limit": 2})).json()
    rest = (await member.get(f"{path}/deliveries", params={"cursor": page["next_cursor"]})).json()

    assert [len(page["items"]), len(rest["items"]), rest["next_cursor"]] == [2, 1, None]
    unknown = {"delivery_id": str(uuid7())}
    assert is_problem(await member.post(f"{path}/replay", json=unknown), 404, "delivery-not-found")


async def test_another_users_webhook_is_not_found(api: Api) -> None:
    path = f"/webhooks/{(await created(await api.member()))['webhook']['id']}"
    stranger = await api.member()

    since = {"since": datetime.now(UTC).isoformat()}
    for response in (
        await stranger.get(path),
        await stranger.patch(path, json={"enabled": False}),
        await stranger.delete(path),
        await stranger.post(f"{path}/rotate"),
        await stranger.post(f"{path}/test"),
        await stranger.post(f"{path}/replay", json=since),
        await stranger.get(f"{path}/deliveries"),
    ):
        assert is_problem(response, 404, "webhook-not-found")
    assert is_problem(await api.client().get(path), 401, "sign-in-required")


async def test_every_event_is_described(api: Api) -> None:
    document = (await api.client().get("/api/openapi.json")).json()

    assert set(document["webhooks"]) == {str(event) for event in EVENTS}
    assert list(get_args(Event)) == [str(event) for event in SUBSCRIBABLE]
    schemas = document["components"]["schemas"]
    for name, item in document["webhooks"].items():
        operation = item["post"]
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        assert body["properties"]["type"]["const"] == name
        reference = body["properties"]["data"]["$ref"].rpartition("/")[2]
        assert set(body["examples"][0]["data"]) == set(schemas[reference]["properties"]) - {"failure"}


async def test_an_api_key_cannot_make_what_outlives_it(api: Api) -> None:
    member = await api.member()
    path = f"/webhooks/{(await created(member))['webhook']['id']}"
    key = (await member.post("/users/me/api-keys", json={"name": "n"})).json()["key"]
    program = api.client(Authorization=f"Bearer {key}")

    for response in (
        await program.post("/webhooks", json=NEW),
        await program.patch(path, json={"url": URL + "2"}),
        await program.post(f"{path}/rotate"),
    ):
        assert is_problem(response, 403, "not-by-api-key")
    assert (await program.get(f"{path}/deliveries")).status_code == 200
    assert (await program.post(f"{path}/test")).status_code == 202


async def test_a_spending_limit_is_told_once(api: Api) -> None:
    member = await api.member(credits=10)
    path = f"/webhooks/{(await created(member, events=['limit.reached']))['webhook']['id']}"
    limited = {"name": "n", "limits": {"day": 1}}
    key = (await member.post("/users/me/api-keys", json=limited)).json()
    program = api.client(Authorization=f"Bearer {key['key']}")

    answers = [(await program.post("/predictions", json=TEXT)).status_code for _ in range(4)]

    assert answers == [202, 402, 402, 402]
    await api.hexagon.deliver_webhooks()
    [(_, _, body)] = api.hexagon.sender.sent
    data = json.loads(body)["data"]
    assert (data["api_key"], data["period"], data["limit"], data["spent"]) == (key["id"], "day", 1, 1)
    assert len((await member.get(f"{path}/deliveries")).json()["items"]) == 1
