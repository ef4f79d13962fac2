"""Which requests count as the same under one `Idempotency-Key`."""

import hashlib
import json

import pytest

from augury.domain.idempotency import Remembered
from augury.domain.identifiers import PredictionId
from augury.domain.user import Role
from augury.inbound.http.callers.idempotency import key_of_submit
from tests.http_api import TEXT, Api, is_problem

FIRST = b'{"data": {"text": "a"}, "model": "tone", "expires_in": 60}'
SAME = [
    b'{"expires_in":60,"model":"tone","data":{"text":"a"}}',
    b'{\n  "data": {"text": "a"},\r\n\t"model": "tone", "expires_in": 60\n}\n',
    b'{"data": {"text": "\\u0061"}, "model": "tone", "expires_in": 60}',
    b"\xef\xbb\xbf" + FIRST,
]
OTHER = [
    b'{"data": {"text": "b"}, "model": "tone", "expires_in": 60}',
    b'{"data": [{"text": "a"}], "model": "tone", "expires_in": 60}',
    b'{"data": {"text": "a"}, "model": "tone@1", "expires_in": 60}',
    b'{"data": {"text": "a"}, "model": "tone", "expires_in": 61}',
    b'{"data": {"text": "a"}, "model": "tone"}',
    b'{"data": {"text": "a"}, "model": "tone", "expires_in": 60, "max_price": 1}',
]
KEY = {"Idempotency-Key": "k", "Content-Type": "application/json"}
TWO_ROWS = b'{"data": [{"text": "a"}, {"text": "b"}]}'


@pytest.mark.parametrize("body", SAME)
async def test_the_same_values_are_the_same_request_however_they_are_written(api: Api, body: bytes) -> None:
    member = await api.member(credits=5)
    first = await member.post("/predictions", content=FIRST, headers=KEY)
    assert first.status_code == 202

    again = await member.post("/predictions", content=body, headers=KEY)

    assert again.headers.get("idempotent-replayed") == "true", again.text
    assert again.json()["id"] == first.json()["id"]
    assert (await member.get("/balance")).json() == {"available": 4, "held": 1}


@pytest.mark.parametrize(
    ("name", "quoted"), [("k 17", '"k 17"'), ('a"b\\c', r'"a\"b\\c"'), ('"', r'"\""'), ("x", ' "x" ')]
)
async def test_a_key_is_the_same_with_and_without_quotes(api: Api, name: str, quoted: str) -> None:
    """In the standard's draft it is a string of a structured field (RFC 9651)."""
    member = await api.member(credits=5)
    first = await member.post("/predictions", content=FIRST, headers=KEY | {"Idempotency-Key": name})

    again = await member.post("/predictions", content=FIRST, headers=KEY | {"Idempotency-Key": quoted})

    assert first.status_code == 202
    assert again.headers.get("idempotent-replayed") == "true", again.text


@pytest.mark.parametrize("name", ['"k', 'k"', '"k"k"', '"\\k"', '"', '"k";a=1'])
async def test_a_key_that_is_no_string_of_a_structured_field_is_taken_as_it_is(api: Api, name: str) -> None:
    member = await api.member(credits=5)
    await member.post("/predictions", content=FIRST, headers=KEY)

    other = await member.post("/predictions", content=FIRST, headers=KEY | {"Idempotency-Key": name})

    assert other.status_code == 202
    assert "idempotent-replayed" not in other.headers


async def test_an_empty_key_is_refused(api: Api) -> None:
    member = await api.member(credits=5)
    for empty in ("", '""'):
        refused = await member.post("/predictions", content=FIRST, headers=KEY | {"Idempotency-Key": empty})
        assert is_problem(refused, 422, "wrong-shape")


@pytest.mark.parametrize("path", ["/predictions", "/predictions/predict/"])  # the latter is found by Litestar
@pytest.mark.parametrize("body", OTHER)
async def test_other_values_are_another_request(api: Api, body: bytes, path: str) -> None:
    member = await api.member(credits=5)
    await member.post(path, content=FIRST, headers=KEY)

    again = await member.post(path, content=body, headers=KEY)

    assert is_problem(again, 422, "idempotency-conflict")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b"[1.5, 2]", b"[1.50,15e-1]", False),
        (b"[1.5, 1.5]", b"[1.50,15e-1]", True),
        (b"[100.0]", b"[1e2]", True),
        (b"[1]", b"[1.0]", False),  # as categories, they may differ
        (b"[12345678901234567890]", b"[12345678901234567891]", False),
        (b'{"a":1,"b":2}', b'{"b":2,"a":1}', True),
        (b'[{"a":null}]', b"[{}]", False),
    ],
)
def test_numbers_go_by_value_and_rows_by_order(one: bytes, other: bytes, same: bool) -> None:
    keys = [key_of_submit("k", data, "tone", None, json.loads(data)) for data in (one, other)]

    assert (keys[0].fingerprint == keys[1].fingerprint) is same


async def test_rows_in_another_order_are_another_request(api: Api) -> None:
    member = await api.member(credits=5)
    await member.post("/predictions", content=TWO_ROWS, headers=KEY)
    turned = json.dumps({"data": list(reversed(json.loads(TWO_ROWS)["data"]))}).encode()

    assert is_problem(
        await member.post("/predictions", content=turned, headers=KEY), 422, "idempotency-conflict"
    )


async def test_a_key_that_was_remembered_before_values_were_compared_still_finds_its_prediction(
    api: Api,
) -> None:
    user = await api.hexagon.user(credits=5)
    member = api.client_of(user)
    body = json.dumps(TEXT).encode()
    first = await member.post("/predictions", content=body, headers=KEY)
    remembered = api.hexagon.memory.state.idempotency_keys
    [(name, record)] = remembered.items()
    of_bytes = hashlib.sha256(b"POST predictions\0" + body).digest()  # as the previous release did
    assert record.remembered.fingerprint != of_bytes
    reference = PredictionId(record.remembered.reference)
    remembered[name] = type(record)(Remembered(of_bytes, reference), record.created_at)

    again = await member.post("/predictions", content=body, headers=KEY)
    other = await member.post("/predictions", content=TWO_ROWS, headers=KEY)

    assert again.json()["id"] == first.json()["id"]
    assert again.headers["idempotent-replayed"] == "true"
    assert is_problem(other, 422, "idempotency-conflict")


async def test_whatever_moves_money_once_per_key_goes_by_values(api: Api) -> None:
    user = await api.hexagon.user()
    admin = api.client_of(await api.hexagon.user(role=Role.ADMIN))
    path = f"/admin/users/{user.id}/top-up"
    bodies = [
        b'{"credits": 7, "payment": null}',
        b'{"payment":null,"credits":7}',
        b"\xef\xbb\xbf" + b'{"credits":7 ,"payment":null}',
    ]

    answers = [await admin.post(path, content=body, headers=KEY) for body in bodies]
    other = await admin.post(path, content=b'{"credits": 8, "payment": null}', headers=KEY)

    assert [answer.json()["available"] for answer in answers] == [7, 7, 7]
    assert ["idempotent-replayed" in answer.headers for answer in answers] == [False, True, True]
    assert is_problem(other, 422, "idempotency-conflict")
