"""Pages of other origins that call the API from a browser."""

from dataclasses import replace

import httpx
import pytest

from augury.inbound.http.settings import HttpSettings
from tests.hexagon import Hexagon
from tests.http_api import SETTINGS, TEXT, Api, serving

SHOP, STRANGER = "https://shop.example.com", "https://evil.example.com"
ALLOWED = replace(SETTINGS, cors_origins=(SHOP, "http://localhost:5173"))
ASKS = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


def allowed(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.startswith("access-control-")}


def listed(response: httpx.Response, name: str) -> set[str]:
    return {each.lower() for each in response.headers[f"access-control-{name}"].split(", ")}


async def test_no_page_elsewhere_is_allowed_anything_unless_told(api: Api) -> None:
    client = api.client(Origin=SHOP)

    for response in (
        await client.options("/predictions", headers=ASKS),
        await client.get("/models"),
        await client.post("/predictions", json=TEXT),
    ):
        assert not allowed(response)
        assert "Origin" not in response.headers.get("vary", "")


@pytest.mark.parametrize("origin", ALLOWED.cors_origins)
async def test_a_page_that_is_named_submits_and_reads_what_it_needs(hexagon: Hexagon, origin: str) -> None:
    async with serving(hexagon, settings=ALLOWED) as api:
        client = api.client(Origin=origin)
        preflight = await client.options("/predictions", headers=ASKS)
        submitted = await client.post("/predictions", json=TEXT)

    assert preflight.status_code == 204
    assert {"post", "get", "delete", "patch"} <= listed(preflight, "allow-methods")
    headers = {"authorization", "content-type", "idempotency-key", "prefer", "traceparent"}
    assert headers <= listed(preflight, "allow-headers")
    assert submitted.status_code == 202
    readable = {"location", "retry-after", "preference-applied", "idempotent-replayed", "link"}
    assert readable <= listed(submitted, "expose-headers")
    for response in (preflight, submitted):
        assert response.headers["access-control-allow-origin"] == origin
        assert response.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in response.headers


async def test_everything_that_an_answer_says_in_a_header_of_its_own_may_be_read(hexagon: Hexagon) -> None:
    async with serving(hexagon, settings=ALLOWED) as api:
        described = (await api.client().get("/api/openapi.json")).json()
        answer = await api.client(Origin=SHOP).get("/models")
    told = {
        name.lower()
        for item in described["paths"].values()
        for operation in item.values()
        for response in operation["responses"].values()
        for name in response.get("headers", ())
    }
    assert told
    assert told <= listed(answer, "expose-headers")


async def test_every_header_that_a_request_may_have_may_be_sent(hexagon: Hexagon) -> None:
    async with serving(hexagon, settings=ALLOWED) as api:
        described = (await api.client().get("/api/openapi.json")).json()
        preflight = await api.client(Origin=SHOP).options("/predictions", headers=ASKS)
    told = {
        parameter["name"].lower()
        for item in described["paths"].values()
        for operation in item.values()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "header"
    }
    assert told
    assert told <= listed(preflight, "allow-headers")


async def test_a_refusal_can_be_read_as_well(hexagon: Hexagon) -> None:
    async with serving(hexagon, settings=ALLOWED) as api:
        client = api.client(Origin=SHOP)
        for response in (
            await client.get("/nothing"),
            await client.get("/balance"),
            await client.post("/predictions", content=b"{"),
        ):
            assert response.status_code >= 400
            assert response.headers["access-control-allow-origin"] == SHOP


async def test_a_page_that_is_not_named_is_allowed_nothing(hexagon: Hexagon) -> None:
    async with serving(hexagon, settings=ALLOWED) as api:
        client = api.client(Origin=STRANGER)
        for response in (await client.options("/predictions", headers=ASKS), await client.get("/models")):
            assert not allowed(response)
            assert response.headers["vary"] == "Origin"


async def test_what_else_an_answer_varies_by_is_still_said(hexagon: Hexagon) -> None:
    async with serving(hexagon, settings=ALLOWED) as api:
        member = await api.member()
        response = await member.get("/balance/transfers", headers={"Origin": SHOP})

    assert response.headers.get_list("vary", split_commas=True) == ["Accept", "Origin"]


async def test_any_page_may_be_allowed_but_never_with_cookies(hexagon: Hexagon) -> None:
    async with serving(hexagon, settings=replace(SETTINGS, cors_origins=("*",))) as api:
        client = api.client(Origin=STRANGER, Cookie="session=1")
        for response in (await client.options("/predictions", headers=ASKS), await client.get("/models")):
            assert response.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    "origin",
    [
        "shop.example.com",
        "https://shop.example.com/",
        "https://Shop.example.com",
        "https://*.example.com",
        "null",
    ],
)
def test_what_no_browser_sends_as_an_origin_is_no_setting(origin: str) -> None:
    with pytest.raises(ValueError, match=r"cors_origins.*https://app\.example\.com"):
        HttpSettings(cors_origins=(origin,))


@pytest.mark.parametrize(
    "origin", ["https://[2001:db8::1]:8443", "http://localhost:3000", "capacitor://localhost"]
)
def test_what_browsers_send_is_one(origin: str) -> None:
    HttpSettings(cors_origins=(origin,))
