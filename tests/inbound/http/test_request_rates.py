"""Requests are limited, and each answer says where the limit stands."""

import re

import httpx

from augury.application.limits import Limits
from tests.hexagon import Hexagon
from tests.http_api import TEXT, Api, is_problem, serving

LIMIT = re.compile(r'"([a-z]+)";r=([0-9]+);t=([0-9]+)')


def standing(answer: httpx.Response) -> dict[str, tuple[int, int]]:
    """What is left of each limit, and for how many seconds."""
    found = LIMIT.findall(answer.headers["ratelimit"])
    return {name: (int(left), int(seconds)) for name, left, seconds in found}


async def test_without_limits_no_answer_speaks_of_them(api: Api) -> None:
    member = await api.member(credits=1)
    for answer in (await member.post("/predictions", json=TEXT), await member.get("/balance")):
        assert not [name for name in answer.headers if name.startswith("ratelimit")]


async def test_every_answer_under_a_limit_says_where_it_stands() -> None:
    async with serving(Hexagon(Limits(user_requests=100, key_requests=50))) as api:
        member = await api.member(credits=1)
        made = await member.post("/users/me/api-keys", json={"name": "n"})
        client = api.client(Authorization=f"Bearer {made.json()['key']}")
        asked = [
            ("POST", "/predictions", TEXT, 202),
            ("POST", "/predictions", TEXT, 402),
            ("POST", "/predictions", {"data": []}, 422),
            ("GET", "/predictions", None, 200),
            ("GET", "/predictions?limit=5&status=queued", None, 200),
            ("GET", "/balance", None, 200),
            ("GET", "/predictions/01a22282-2510-7bbd-9e5b-3213d941b3ee", None, 404),
            ("GET", "/admin/queue", None, 403),
            ("POST", "/v2/models/tone/infer", {"inputs": []}, 422),
            ("GET", "/users/me/api-keys", None, 200),
            ("DELETE", "/predictions/01a22282-2510-7bbd-9e5b-3213d941b3ee", None, 404),
        ]
        for number, (method, path, body, status) in enumerate(asked, start=1):
            answer = await client.request(method, path, json=body)
            assert answer.status_code == status, (path, answer.text)
            assert answer.headers["ratelimit-policy"] == '"key";q=50;w=60, "user";q=100;w=60', path
            left = {name: each[0] for name, each in standing(answer).items()}
            assert left == {"key": 50 - number, "user": 99 - number}, path
            assert all(0 < seconds <= 60 for _, seconds in standing(answer).values())
        public = await client.get("/health/live")
        assert "ratelimit" not in public.headers, "it does not look for a caller"


async def test_beyond_a_limit_the_answer_says_how_long_to_wait() -> None:
    async with serving(Hexagon(Limits(user_requests=2))) as api:
        member, other = await api.member(credits=9), await api.member()
        for _ in range(2):
            assert (await member.post("/predictions", json=TEXT)).status_code == 202

        for path in ("/predictions", "/balance", "/models/none/card", "/users/me"):
            refused = await member.get(path)
            if path.startswith("/models"):
                assert refused.status_code == 404, "it is open to everybody"
                continue
            assert is_problem(refused, 429, "too-many-requests")
            [(left, seconds)] = standing(refused).values()
            assert left == 0
            assert int(refused.headers["retry-after"]) >= seconds
            assert refused.json()["violated_policies"] == ["user"]
        assert is_problem(await member.post("/predictions", json=TEXT), 429, "too-many-requests")
        assert (await other.get("/balance")).status_code == 200
        page = (await api.client().get("/metrics")).text
        assert 'augury_refusals_total{limit="requests_user"} 4.0' in page


async def test_guests_are_limited_by_address() -> None:
    async with serving(Hexagon(Limits(guest_requests=2, guest_credits=5))) as api:
        here, elsewhere = api.client(), api.client(peer="203.0.113.9")
        first = await here.post("/predictions", json=TEXT)
        assert first.status_code == 202
        assert standing(first)["guest"][0] == 1
        assert (await here.get(f"/predictions/{first.json()['id']}")).status_code == 200

        refused = await here.post("/predictions", json=TEXT)

        assert is_problem(refused, 429, "too-many-requests")
        assert refused.json()["violated_policies"] == ["guest"]
        assert (await elsewhere.post("/predictions", json=TEXT)).status_code == 202
        assert (await (await api.member()).get("/balance")).status_code == 200
