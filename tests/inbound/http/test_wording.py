"""The texts of refusals: what is wrong, and what to do."""

from datetime import UTC, datetime
from typing import Any

import pytest

from augury.application.limits import Limits
from augury.inbound.http.problems.kinds import KINDS
from augury.inbound.http.problems.refusals import FRAMEWORK
from augury.inbound.http.problems.wording import listed
from tests.hexagon import Hexagon
from tests.http_api import TEXT, Api, is_problem, serving

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (
            b'{"text": "x"}',
            "`data` is missing; `text` is unknown: the known ones are `data`, `model`, `expires_in`, "
            '`max_price`, `explain` and `top`. Rows go into `data`: `{"data": {…}}`.',
        ),
        (b"{}", '`data` is missing. Rows go into `data`: `{"data": {…}}`.'),
        (
            b'{"data": {"text": "x"}, "modle": "tone"}',
            "`modle` is unknown: the known ones are `data`, `model`, `expires_in`, `max_price`, "
            "`explain` and `top`.",
        ),
        (
            b'[{"text": "x"}]',
            'The body must be an object, not an array. Rows go into `data`: `{"data": {…}}`.',
        ),
        (
            b'{"data": {"text": 1e400}}',
            "The body has a number that is too large: the limit is 1.8e308.",
        ),
        (
            b'{"data": [{"text": "x"}, {"text": 1e400}]}',
            "`[1]` has a number that is too large: the limit is 1.8e308.",
        ),
        (b'{"data": {"text": "x"}, "model": 5}', "`model` must be a string or null, not a whole number."),
        (b'{"data": {"text": "x"}, "expires_in": 0}', "`expires_in` must be at least 1."),
        (
            b'{"data": {"text": "x"}, "expires_in": 1.5}',
            "`expires_in` must be a whole number or null, not a number.",
        ),
        (
            b'{"data": {"text": "x"}, "model": "' + b"m" * 129 + b'"}',
            "`model` must have at most 128 characters.",
        ),
        (b'{"data": []}', "`data` is empty: send one row (an object), or an array of at least one row."),
    ],
    ids=lambda value: repr(value)[:50],
)
async def test_a_body_of_another_shape_is_told_what_is_wrong_with_it(
    api: Api, body: bytes, detail: str
) -> None:
    response = await api.client().post("/predictions", content=body, headers=JSON)

    assert response.status_code == 422
    assert response.json()["detail"] == detail


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (b'{"data": {"a": NaN}}', "write null for a missing number"),
        (b'{"data": [{"a": -Infinity}]}', "write null for a missing number"),
        (b"{'data': {'text': 'x'}}", "double quotes"),
        (b'\'{"data": {"text": "x"}}\'', "double quotes"),
        (b'{"data": {"text": "x"}', "The JSON was truncated"),
        (b"", "The request has no body: send JSON."),
    ],
)
async def test_what_is_nearly_json_is_told_what_it_lacks(api: Api, body: bytes, hint: str) -> None:
    response = await api.client().post("/predictions", content=body, headers=JSON)

    assert is_problem(response, 400, "not-json")
    assert hint in response.json()["detail"]


async def test_one_known_name_is_one(api: Api) -> None:
    admin = await api.admin()

    canary = await admin.post("/admin/models/tone@1/canary", json={"part": 0.1})
    query = await admin.get("/admin/models/tone@1/health?hours=5")

    assert "the known one is `share`" in canary.json()["detail"]
    assert "its parameter is `minutes`" in query.json()["detail"]


async def test_what_is_missing_is_found_in_a_body_of_any_size_without_keeping_it(api: Api) -> None:
    body = b'{"rows": [' + b"{}," * 100_000 + b"{}]}"
    member = await api.member(credits=1)

    response = await member.post("/predictions", content=body, headers=JSON)

    assert is_problem(response, 422, "wrong-shape")
    assert [each["field"] for each in response.json()["errors"]] == ["data", "rows"]


async def test_an_unknown_name_that_hides_what_is_not_json_is_not_json(api: Api) -> None:
    response = await api.client().post("/predictions", content=b'{"text": "x", "data": ', headers=JSON)

    assert is_problem(response, 400, "not-json")


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        (5, "Today's 5 free credits are spent."),
        (3, "2 of today's 5 free credits are left, and this costs 3."),
    ],
)
async def test_a_guest_without_credits_is_told_when_there_are_more_and_how_to_register(
    hexagon: Hexagon, asked: int, detail: str
) -> None:
    hexagon.clock.set(datetime(2026, 3, 4, 15, 30, tzinfo=UTC))
    async with serving(hexagon) as api:
        guest, rows = api.client(), {"data": [{"text": "a"}] * asked}
        assert (await guest.post("/predictions", json=rows)).status_code == 202

        response = await guest.post("/predictions", json=rows)

    assert is_problem(response, 402, "not-enough-credits")
    problem = response.json()
    assert problem["detail"].startswith(detail)
    assert "2026-03-05T00:00:00Z" in problem["detail"]
    assert "POST /auth/register" in problem["detail"]
    assert (problem["available"], problem["price"]) == (5 - asked, asked)
    assert problem["free_credits_at"] == "2026-03-05T00:00:00Z"


async def test_a_member_without_credits_is_told_what_it_costs(api: Api) -> None:
    member = await api.member(credits=1)

    problem = (await member.post("/predictions", json={"data": [{"text": "a"}] * 2})).json()

    assert problem["detail"].startswith("Credits needed: 2, available: 1.")


async def test_who_needs_an_account_is_told_how_to_get_one() -> None:
    async with serving(Hexagon(Limits(guest_credits=0))) as api:
        for response in (
            await api.client().get("/balance"),
            await api.client().post("/predictions", json=TEXT),
            await api.client().post("/predictions", json=TEXT, headers={"Idempotency-Key": "k"}),
        ):
            assert response.status_code == 401
            assert "POST /auth/register" in response.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("GET", "/nothing", None, "/api/docs"),
        ("PUT", "/predictions", None, "GET"),
        ("POST", "/predictions", {"data": {"text": "a"}, "model": "unheard-of"}, "`GET /models`"),
        ("POST", "/predictions", {"data": {"wrong": 1}}, "see `errors`"),
        ("POST", "/auth/register", {"email": "a@b.example", "password": "short"}, "8 to 256 characters"),
        ("POST", "/users/me/api-keys", {"name": ""}, "`name` must have at least 1 character"),
    ],
)
async def test_a_refusal_says_what_to_do(api: Api, method: str, path: str, body: Any, said: str) -> None:
    response = await (await api.member(credits=1)).request(method, path, json=body)

    assert response.status_code >= 400
    assert said in response.json()["detail"]


def test_what_a_refusal_says_can_be_said_of_every_error() -> None:
    for error, kind in KINDS.items():
        fields = dict.fromkeys(getattr(error, "__dataclass_fields__", {}), 7)
        assert kind.says.format(**fields).rstrip(".") != "" or not kind.says, error
    for kind in FRAMEWORK.values():
        assert "{" not in kind.says.format(method="PUT", allow="GET")


def test_names_are_listed_as_one_says_them() -> None:
    assert listed(["a"]) == "`a`"
    assert listed(["a", "b", "c"]) == "`a`, `b` and `c`"


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        (
            "/users/me/api-keys",
            {"name": "k", "scopes": ["read", "nope"]},
            "`scopes[1]` must be `predict`, `read` or `admin`, not 'nope'.",
        ),
        (
            "/webhooks",
            {"url": "https://example.com", "events": ["prediction.*"]},
            "`events[0]` must be `prediction.finished`, `batch.finished`, `balance.low`, `limit.reached`, "
            "`payment.received` or `model.version_changed`, not 'prediction.*'.",
        ),
        (
            "/v2/models/tone/infer",
            {"inputs": [{"name": "text", "shape": [1], "datatype": "STRING", "data": ["x"]}]},
            "`inputs[0].datatype` must be `BOOL`, `UINT8`, `UINT16`, `UINT32`, `UINT64`, `INT8`, `INT16`, "
            "`INT32`, `INT64`, `FP16`, `FP32`, `FP64` or `BYTES`, not 'STRING'.",
        ),
    ],
)
async def test_a_value_that_cannot_be_is_answered_with_those_that_can(
    api: Api, path: str, body: dict[str, Any], detail: str
) -> None:
    response = await (await api.member()).post(path, json=body)

    assert is_problem(response, 422, "wrong-shape")
    assert response.json()["detail"] == detail


@pytest.mark.parametrize(
    ("kinds", "why"),
    [
        ("x", "JSON is malformed: invalid character (byte 0)"),
        ("[]", "it must be an object, not an array"),
        (
            '{"zip": "word"}',
            "the kind of a column must be `number`, `category`, `text`, `date` or `skip`, not 'word'",
        ),
    ],
)
async def test_wrong_kinds_of_columns_are_told_in_words(api: Api, kinds: str, why: str) -> None:
    admin = await api.admin()

    response = await admin.post(
        "/admin/trainings",
        params={"name": "churn", "target": "churn", "kinds": kinds},
        content=b"a,churn\n1,2\n",
        headers={"Content-Type": "text/csv"},
    )

    assert response.status_code == 422
    assert f"`kinds` is not a JSON object of kinds: {why}" in response.json()["detail"]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"data": {"text": "\xff"}}', "The JSON has bytes that are not UTF-8."),
        (b"\x1f\x8b\x08", "The body is packed with gzip: send it unpacked."),
    ],
)
async def test_bytes_that_are_no_json_are_told_what_they_are(api: Api, body: bytes, detail: str) -> None:
    response = await (await api.member()).post("/predictions", content=body, headers=JSON)

    assert is_problem(response, 400, "not-json")
    assert response.json()["detail"].endswith(detail)
