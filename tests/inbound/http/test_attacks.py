"""Attacks that no other file tests. `docs/security.md` has the table."""

import asyncio
import base64
import gzip
import hmac
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import jwt
import pytest
from litestar.routes import HTTPRoute

from augury.bootstrap.http.server import HttpServer, bound_socket
from augury.bootstrap.logs import JsonLines, TextLines
from augury.domain.identifiers import UserId
from tests.http_api import SECRET, SETTINGS, TEXT, Api, is_problem
from tests.smuggling import HEADS, ambiguous

PATHS = [
    "../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%2fetc%2fpasswd",
    "..%5c..%5cwindows%5cwin.ini",
    "file:%2f%2f%2fetc%2fpasswd",
    "passwd%00.cbm",
    "%0d%0aSet-Cookie:%20a=b",
    "%ff%fe",
    "a" * 5_000,
]


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def claims(user_id: UserId) -> dict[str, Any]:
    now = datetime.now(UTC)
    times = {"iat": now, "exp": now + timedelta(minutes=5)}
    return {"iss": "augury", "aud": "augury-api", "sub": str(user_id), **times}


async def answer_to(api: Api, token: str) -> httpx.Response:
    return await api.client(Authorization=f"Bearer {token}").get("/balance")


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "../../../../dev/null"},
        {"jwk": {"kty": "oct", "k": base64.urlsafe_b64encode(b"x" * 64).decode()}},
        {"jku": "http://127.0.0.1:9/keys.json"},
        {"x5u": "http://127.0.0.1:9/cert.pem"},
    ],
    ids=lambda header: next(iter(header)),
)
@pytest.mark.parametrize("key", [b"x" * 64, b"", b"public"])
async def test_a_token_does_not_say_which_key_it_is_checked_with(
    api: Api, header: dict[str, Any], key: bytes
) -> None:
    _, body, _ = jwt.encode(claims((await api.hexagon.user()).id), SECRET, algorithm="HS256").split(".")
    said = f"{encoded({'alg': 'HS256', 'typ': 'JWT'} | header)}.{body}"
    signature = base64.urlsafe_b64encode(hmac.digest(key, said.encode(), "sha256")).decode().rstrip("=")

    forged = f"{said}.{signature}"

    assert is_problem(await answer_to(api, forged), 401, "invalid-token")


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "nOnE", "", "RS256", "ES256", "HS1", None, ["HS256"]]
)
async def test_a_token_does_not_say_how_it_is_checked(api: Api, algorithm: object) -> None:
    said = claims((await api.hexagon.user()).id)
    _, body, signature = jwt.encode(said, SECRET, algorithm="HS256").split(".")
    head = encoded({"alg": algorithm, "typ": "JWT"})

    for forged in (f"{head}.{body}.", f"{head}.{body}.{signature}", f"{head}.{body}"):
        assert is_problem(await answer_to(api, forged), 401, "invalid-token")


async def test_no_secret_stands_in_for_another(api: Api) -> None:
    ada = {"email": "ada@example.com", "password": "correct horse"}
    await api.client().post("/auth/register", json=ada)
    tokens = (await api.client().post("/auth/token", json=ada)).json()
    bearer = api.client(Authorization=f"Bearer {tokens['access_token']}")
    key = (await bearer.post("/users/me/api-keys", json={"name": "n"})).json()

    for credential in (tokens["refresh_token"], ada["password"], key["id"], key["hint"], "aug_" + key["id"]):
        assert is_problem(await answer_to(api, credential), 401, "invalid-token")
    for token in (tokens["access_token"], key["key"], ada["password"]):
        refreshed = await api.client().post("/auth/refresh", json={"refresh_token": token})
        assert is_problem(refreshed, 401, "invalid-token")


async def test_a_name_like_a_path_reaches_no_file_on_any_route(api: Api) -> None:
    admin, walked = await api.admin(), 0
    for route in api.app.routes:
        if not isinstance(route, HTTPRoute) or not route.path_parameters:
            continue
        for method in sorted(route.methods - {"OPTIONS"}):
            for path in PATHS:
                url = "/".join(path if part.startswith("{") else part for part in route.path.split("/"))
                response = await admin.request(method, url, json={})
                assert response.status_code in (404, 405, 422), (method, url)
                assert "root:" not in response.text
                assert "set-cookie" not in response.headers
                walked += 1
    assert walked > 100


async def test_a_name_like_a_path_is_a_name_in_bodies_too(api: Api) -> None:
    member = await api.member(credits=5)

    for name in ("../../etc/passwd", "/etc/passwd@1", "..\\..@1", "tone@1/../../x", "tone\n@1"):
        refused = await member.post("/predictions", json=TEXT | {"model": name})
        assert is_problem(refused, 404, "model-not-found")
        assert is_problem(
            await member.post("/balance/redeem", json={"code": name}), 404, "promo-code-not-found"
        )
    made = await member.post("/users/me/api-keys", json={"name": "../../etc/passwd"})
    assert made.json()["name"] == "../../etc/passwd"


async def test_nobody_acts_for_another_by_naming_them(api: Api) -> None:
    victim = await api.hexagon.user(credits=5)
    other = await api.member()
    named = {"user_id": str(victim.id)}

    assert is_problem(await other.post("/predictions", json=TEXT | named), 422, "wrong-shape")
    for response in (
        await other.post("/predictions", json=TEXT, params=named),
        await other.get("/balance", params=named),
    ):
        assert is_problem(response, 422, "wrong-shape")
    headers = {"X-User-Id": str(victim.id)}
    assert is_problem(await other.post("/predictions", json=TEXT, headers=headers), 402, "not-enough-credits")
    assert (await other.get("/balance", headers=headers)).json() == {"available": 0, "held": 0}
    assert (await api.hexagon.balance_of(victim.id)).available == 5


async def test_headers_that_some_servers_believe_change_nothing(api: Api) -> None:
    member = await api.member(credits=5)
    url = (await member.post("/predictions", json=TEXT)).json()["urls"]["self"]

    headers = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-HTTP-Method-Override": "DELETE",
        "X-Original-URL": "/admin/users",
        "X-Rewrite-URL": "/admin/users",
    }
    read = await member.get(url, headers=headers)
    made = await member.post("/predictions", json=TEXT, headers=headers)

    assert read.status_code == 200
    assert made.status_code == 202
    assert made.headers["location"].startswith("/predictions/")
    assert "evil.example" not in made.text + read.text


async def test_a_compressed_body_is_never_inflated(api: Api) -> None:
    bomb = gzip.compress(json.dumps({"data": {"text": "x" * 5_000_000}}).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    response = await api.client().post("/predictions", content=bomb, headers=headers)

    assert is_problem(response, 400, "not-json")


@pytest.mark.parametrize("head", HEADS)
async def test_a_request_whose_end_two_servers_might_see_in_two_places_is_refused(
    api: Api, head: str
) -> None:
    stop = asyncio.Event()
    with bound_socket("127.0.0.1", 0) as listener:
        server = HttpServer(api.app, before_stop=lambda: None, keep_alive=SETTINGS.keep_alive)
        server.config.lifespan = "off"
        serving = asyncio.create_task(server.run_until(stop, listener))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(ambiguous(head))
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()
        stop.set()
        await serving

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1, "what followed was not taken for a request"


FORGED = "\n2026-01-01 00:00:00 CRITICAL augury: всё пропало\x1b[2J\u2028\u2029\x7f\x85\x9b2J"


@pytest.mark.parametrize("formatter", [TextLines("%(levelname)s %(message)s"), JsonLines()])
async def test_nobody_writes_lines_into_the_log(
    api: Api, caplog: pytest.LogCaptureFixture, formatter: logging.Formatter
) -> None:
    member = await api.member()
    api.hexagon.memory.away = True

    with caplog.at_level(logging.WARNING):
        response = await member.get(f"/models/{quote(FORGED)}")

    assert response.status_code == 503
    lines = [formatter.format(record) for record in caplog.records]
    assert any("всё пропало" in line for line in lines)
    for line in lines:
        assert len(line.splitlines()) == 1
        assert line.isprintable()


def test_json_that_is_logged_says_what_was_said() -> None:
    record = logging.makeLogRecord({"levelname": "ERROR", "name": "augury", "msg": FORGED})

    assert json.loads(JsonLines().format(record))["message"] == FORGED


def test_what_an_exception_says_moves_no_cursor() -> None:
    record = logging.makeLogRecord({"exc_info": (ValueError, ValueError(FORGED), None)})

    for formatter in (TextLines(), JsonLines()):
        line = formatter.format(record)
        assert "всё пропало" in line
        assert line.replace("\n", "").isprintable()
