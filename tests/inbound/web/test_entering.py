"""Registering, signing in and out, and what guards the pages against others."""

import re
from html import escape
from uuid import UUID

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler

from augury.domain.identifiers import uuid7
from augury.inbound.http.settings import HttpSettings
from augury.inbound.web.app import ROUTES
from augury.inbound.web.visitor import client_of
from tests.hexagon import Hexagon
from tests.http_api import is_problem, serving
from tests.inbound.web.site import Site, alert, shown

FILE = UUID(int=1)
POSTS = sorted(
    path
    for route in ROUTES
    if isinstance(route, HTTPRouteHandler) and "POST" in route.http_methods
    for path in route.paths
)


async def test_who_registers_is_signed_in_and_can_sign_out_and_in_again(site: Site) -> None:
    ada = site.visitor()
    assert not await ada.is_signed_in()
    assert (await ada.register()).status_code == 200
    assert await ada.is_signed_in()

    await ada.post("/app/sign-out")
    assert not await ada.is_signed_in()

    await ada.sign_in()
    assert await ada.is_signed_in()


async def test_a_refusal_is_a_sentence_beside_what_was_typed(site: Site) -> None:
    ada = site.visitor()
    refused = await ada.register("ada at example.org")
    assert (refused.status_code, alert(refused)) == (422, "This is not an e-mail address.")
    assert 'value="ada at example.org"' in refused.text
    assert "at least" not in alert(await ada.register(password="short"))
    assert not await ada.is_signed_in()

    refused = await ada.sign_in(password="wrong horse")
    assert (refused.status_code, alert(refused)) == (401, "The address or the password is wrong.")


async def test_a_session_has_a_cookie_that_nobody_knew_before(site: Site) -> None:
    """Session fixation: a cookie that an attacker has planted is worth nothing after the sign-in."""
    ada = site.visitor()
    await ada.register()
    await ada.post("/app/sign-out")
    planted = "a." + "x" * 43
    ada.client.cookies.set("augury", planted)
    await ada.sign_in()
    (held,) = [cookie.value for cookie in ada.client.cookies.jar if cookie.domain == "augury.test"]
    assert held is not None
    assert held.startswith("s.")

    attacker = site.visitor()
    for known in (planted, "s." + planted[2:], "s.", ""):
        attacker.client.cookies.set("augury", known)
        assert not await attacker.is_signed_in()


async def test_a_cookie_ends_with_its_session_everywhere(site: Site) -> None:
    ada, phone = site.visitor(), site.visitor()
    await ada.register()
    await phone.sign_in()
    held = dict(phone.client.cookies)
    tokens = await site.api.client().post(
        "/auth/token", json={"email": "ada@example.org", "password": "correct horse"}
    )

    bearer = {"Authorization": f"Bearer {tokens.json()['access_token']}"}
    assert (await site.api.client(**bearer).get("/users/me")).status_code == 200  # it is cached now

    await ada.post("/app/sign-out-everywhere")

    assert not await ada.is_signed_in()
    phone.client.cookies.update(held)
    assert not await phone.is_signed_in()
    refreshed = await site.api.client().post(
        "/auth/refresh", json={"refresh_token": tokens.json()["refresh_token"]}
    )
    assert refreshed.status_code == 401
    assert (await site.api.client(**bearer).get("/users/me")).status_code == 401


async def test_no_form_is_taken_from_another_site_or_without_its_token(site: Site) -> None:
    ada, other = site.visitor(), site.visitor()
    await ada.register()
    token = ada.csrf
    await other.get("/")
    assert len(POSTS) > 20
    for path in POSTS:
        place = re.sub(r"\{\w+:uuid\}", str(UUID(int=7)), path).replace("{name:str}", "tone")
        for headers, given in (
            ({}, ""),
            ({}, other.csrf),
            ({"sec-fetch-site": "cross-site"}, token),
            ({"sec-fetch-site": "same-site"}, token),
            ({"origin": "https://evil.example"}, token),
        ):
            refused = await ada.client.post(place, data={"csrf": given}, headers=headers)
            assert refused.status_code == 403, (path, headers, given)
            assert "Nothing was changed" in refused.text or "Only an administrator" in refused.text
    assert await ada.is_signed_in()


async def test_the_cookie_is_of_this_host_alone_over_https(site: Site) -> None:
    plain = await site.visitor().client.get("/")
    assert plain.headers["set-cookie"].startswith("augury=a.")
    assert "HttpOnly" in plain.headers["set-cookie"]
    assert "SameSite=lax" in plain.headers["set-cookie"]
    async with shown(Hexagon(), web_https=True) as always:
        for secure in (
            await site.visitor().client.get("/", headers={"x-forwarded-proto": "https"}),
            await always.visitor().client.get("/"),
        ):
            cookie = secure.headers["set-cookie"]
            assert cookie.startswith("__Host-augury=a.")
            assert {"Secure", "HttpOnly", "Path=/"} <= {part.strip() for part in cookie.split(";")}
            assert "Domain" not in cookie


async def test_a_page_for_members_leads_to_the_sign_in_and_back(site: Site) -> None:
    stranger = site.visitor()
    signed_out = await stranger.get("/app/sign-in")
    assert signed_out.status_code == 200
    for odd in ("x%0d%0aSet-Cookie:a=b", "%E2%82%AC", "a&next=b"):  # nothing of it is a header of its own
        sent = await stranger.client.get(f"/app/desk/models/{odd}", follow_redirects=False)
        assert sent.status_code == 303
        assert sent.headers["location"].startswith("/app/sign-in?next=/app/desk/models/")
        assert sent.headers["location"].isascii()
        assert sent.headers["location"].isprintable()
        assert "&" not in sent.headers["location"]
        assert "a" not in sent.cookies
    for outside in ("//evil.example", "https://evil.example", "/app/\\evil", "/app/x\ny", "/predictions"):
        page = await stranger.client.get("/app/sign-in", params={"next": outside})
        assert 'name="next" value="/"' in page.text


@pytest.mark.parametrize(
    ("part", "page"),
    [
        (f"/app/files/{FILE}/state", f"/app/files/{FILE}"),
        ("/app/desk/overview/figures?range=day", "/app/desk/overview?range=day"),
        ("/app/desk/models/tone@1/figures?range=day", "/app/desk/models/tone@1?range=day"),
        ("/app/desk/models/tone@1/state", "/app/desk/models/tone@1"),
        ("/app/desk/books/state", "/app/desk/books"),
        (f"/app/desk/trainings/{FILE}/state", f"/app/desk/trainings/{FILE}"),
    ],
)
async def test_a_part_of_a_page_leads_to_the_sign_in_and_back_to_the_whole_page(
    site: Site, part: str, page: str
) -> None:
    answer = await site.visitor().get(part, **{"hx-request": "true"})
    assert answer.status_code == 200
    asked = httpx.URL(answer.headers["hx-redirect"])
    assert (asked.path, asked.params["next"]) == ("/app/sign-in", page)


async def test_a_missing_page_says_so_and_names_the_request(site: Site) -> None:
    russian = site.visitor(**{"accept-language": "fr, ru;q=0.8, en;q=0.1"})
    missing = await russian.get("/app/nothing/here", **{"x-request-id": "abcdef0123456789"})
    assert missing.status_code == 404
    assert "Такой страницы нет." in missing.text
    assert "Запрос abcdef0123456789" in missing.text
    part = await russian.get("/app/nothing/here", **{"hx-request": "true", "x-request-id": "<script>"})
    assert alert(part).startswith("Такой страницы нет.")
    assert "<script>" not in part.text
    assert "<html" not in part.text


async def test_a_language_once_chosen_holds(site: Site) -> None:
    ada = site.visitor()
    page = await ada.get("/app/register")
    assert '<html lang="en">' in page.text
    page = await ada.post("/app/language", language="ru", back="/app/register")
    assert page.url.path == "/app/register"
    assert '<html lang="ru">' in page.text
    assert '<html lang="ru">' in (await ada.post("/app/language", language="xx", back="//evil")).text


async def test_a_language_and_a_sign_in_lead_back_to_the_whole_address(site: Site) -> None:
    address = "/app/predictions?status=failed&model=a%2Fb"
    ada = site.visitor()
    await ada.register()
    page = await ada.get(address)
    assert f'name="back" value="{escape(address)}"' in page.text
    chosen = await ada.post("/app/language", language="ru", back=address)
    assert chosen.url.raw_path.decode() == address
    sent = await site.visitor().client.get(address, follow_redirects=False)
    entered = await ada.client.get(sent.headers["location"])
    assert f'name="next" value="{escape(address)}"' in entered.text


async def test_the_address_of_a_form_leads_to_its_page(site: Site) -> None:
    """After a form, its address stands in the browser: people load it again, bookmark it, or choose a
    language there."""
    ada = site.visitor()
    await ada.register()
    assert (await ada.post("/app/money/redeem", code="NOPE")).status_code == 404
    page = await ada.post("/app/language", language="ru", back="/app/money/redeem")
    assert (page.status_code, page.url.path) == (200, "/app/money")
    refused = await ada.client.post("/app/money/redeem", data={"csrf": "0" * 64})
    assert '<a href="/app/money">Назад к странице</a>' in refused.text
    webhook = f"/app/webhooks/{uuid7()}"
    for address, its_page in (
        ("/app/account/password", "/app/account"),
        (f"/app/account/sessions/{uuid7()}/end", "/app/account"),
        (f"/app/keys/{uuid7()}/delete", "/app/keys"),
        (f"{webhook}/rotate", webhook),
        ("/app/desk/queue/replay", "/app/desk/queue"),
        ("/app/desk/promo-codes/SPRING", "/app/desk/promo-codes"),
        ("/app/sign-out", "/"),
    ):
        led = await ada.client.get(address, follow_redirects=False)
        assert (led.status_code, led.headers["location"]) == (303, its_page), address


async def test_pages_run_our_files_only(site: Site) -> None:
    page = await site.visitor().get("/")
    policy = page.headers["content-security-policy"]
    assert "'unsafe" not in policy
    assert "default-src 'none'" in policy
    assert " style=" not in page.text
    assert "<script>" not in page.text
    for name in {part.split('"')[0] for part in page.text.split("/app/assets/")[1:]}:
        asset = await site.visitor().client.get(f"/app/assets/{name}", headers={"accept-encoding": "gzip"})
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert asset.headers["content-encoding"] == "gzip"
    assert (await site.visitor().get("/app/assets/own.000000000000.js")).status_code == 404


async def test_links_stay_below_the_base_path() -> None:
    async with shown(Hexagon(), HttpSettings(base_path="/augury")) as site:
        page = await site.visitor().client.get("/")
    links = [part.split('"')[0] for part in page.text.replace("src=", "href=").split('href="')[1:]]
    assert [link for link in links if not link.startswith(("/augury/", "#"))] == []


async def test_without_the_setting_there_are_no_pages() -> None:
    async with serving(Hexagon()) as api:
        for path in ("/", "/app/sign-in"):
            assert is_problem(await api.client().get(path), 404, "not-found")


def test_a_session_is_named_as_people_know_their_browser() -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"
    assert [client_of(each) for each in (firefox, edge, None)] == ["Firefox, Linux", "Edge, Windows", "?, ?"]
