from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.http_api import SETTINGS, TEXT, Api, is_problem

JSON = {"Content-Type": "application/json"}
DEEP = 100_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b'{"data": {"text": "a"}',
        b'{"data": {"text": "a"}} and more',
        b'{"data": {"text": "\xff"}}',
        b'{"data": {"text": "\\ud800"}}',
        b'{"model": "\\ud800", "data": {"text": "a"}}',
        b'{"data": {"text": NaN}}',
        b'{"data": {"text": Infinity}}',
        b'{"data": {"text": "a\x01"}}',
        b'{"data": ' + b"[" * DEEP + b"]" * DEEP + b"}",
        b'{"data": {"text": ' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}}",
        b'{"data": ' + b"[" * DEEP,
    ],
    ids=lambda body: repr(body[:40]),
)
async def test_what_is_not_json_is_a_400(api: Api, body: bytes) -> None:
    member = await api.member(credits=5)

    response = await member.post("/predictions", content=body, headers=JSON)

    assert is_problem(response, 400, "not-json")
    assert (await member.get("/balance")).json() == {"available": 5, "held": 0}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"[]", None),
        (b'"text"', None),
        (b"null", None),
        (b"[" * DEEP, None),
        (b"{}", None),
        (b'{"data": {"text": "a"}, "colour": true}', None),
        (b'{"data": {"text": "a"}, "budget": 1}', None),
        (b'{"data": {"text": "a"}, "model": 5}', "model"),
        (b'{"data": {"text": "a"}, "model": "' + b"m" * 129 + b'"}', "model"),
        (b'{"data": {"text": "a"}, "expires_in": "60"}', "expires_in"),
        (b'{"data": {"text": "a"}, "expires_in": 0}', "expires_in"),
        (b'{"data": {"text": "a"}, "expires_in": -1}', "expires_in"),
        (b'{"data": {"text": "a"}, "expires_in": 1.5}', "expires_in"),
        (b'{"data": {"text": "a"}, "expires_in": 99999999999999999999}', "expires_in"),
        (b'{"data": {"text": 1e999}}', None),
    ],
    ids=lambda value: repr(value)[:60],
)
async def test_json_of_another_shape_is_a_422_that_names_the_field(
    api: Api, body: bytes, field: str | None
) -> None:
    member = await api.member(credits=5)

    response = await member.post("/predictions", content=body, headers=JSON)

    assert is_problem(response, 422, "wrong-shape")
    if field:
        assert response.json()["errors"][0]["field"] == field
    assert (await member.get("/balance")).json() == {"available": 5, "held": 0}


async def test_a_byte_order_mark_in_front_is_none_of_the_json(api: Api) -> None:
    member = await api.member(credits=5)
    body = b'\xef\xbb\xbf{"data": {"text": "a"}}'

    for path in ("/predictions", "/predictions/", "/predictions/quote"):
        assert (await member.post(path, content=body, headers=JSON)).status_code in (200, 202), path


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
async def test_json_in_utf_16_is_told_what_to_send(api: Api, encoding: str) -> None:
    mark = b"" if encoding == "utf-16" else b"\xfe\xff"
    body = mark + '{"data": {"text": "a"}}'.encode(encoding)

    response = await api.client().post("/predictions", content=body, headers=JSON)

    assert is_problem(response, 400, "not-json")
    assert "UTF-8" in response.json()["detail"]


async def test_a_body_that_says_it_is_a_form_is_a_415_that_says_what_to_send(api: Api) -> None:
    response = await api.client().post(
        "/predictions",
        content=b'{"data": {"text": "a"}}',
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert is_problem(response, 415, "unsupported-media-type")
    assert "application/json" in response.json()["detail"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/jsonp", "application/xml", ""])
async def test_no_other_type_is_taken_for_json(api: Api, content_type: str) -> None:
    response = await api.client().post(
        "/predictions", content=b'{"data": {"text": "a"}}', headers={"Content-Type": content_type}
    )

    assert is_problem(response, 415, "unsupported-media-type")


async def test_a_body_of_no_type_at_all_is_a_415(api: Api) -> None:
    response = await api.client().post("/predictions", content=b'{"data": {"text": "a"}}')

    assert is_problem(response, 415, "unsupported-media-type")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON ;x=y"])
async def test_parameters_of_the_type_do_no_harm(api: Api, content_type: str) -> None:
    response = await api.client().post(
        "/predictions", content=b'{"data": {"text": "a"}}', headers={"Content-Type": content_type}
    )

    assert response.status_code == 202


async def chunks(count: int, size: int, sent: list[int]) -> AsyncIterator[bytes]:
    for _ in range(count):
        sent.append(size)
        yield b"x" * size


async def test_a_body_over_the_limit_is_a_413_before_all_of_it_is_read(api: Api) -> None:
    sent: list[int] = []

    response = await api.client().post("/predictions", content=chunks(1_000, 1_000_000, sent), headers=JSON)

    assert is_problem(response, 413, "body-too-large")
    assert sum(sent) <= SETTINGS.max_body_bytes + 2_000_000


async def test_an_announced_length_over_the_limit_is_a_413(api: Api) -> None:
    response = await api.client().post("/predictions", content=b"x" * 10_000_001, headers=JSON)

    assert is_problem(response, 413, "body-too-large")


async def test_whoever_is_refused_need_not_send_the_body(api: Api) -> None:
    sent: list[int] = []

    response = await api.client(Authorization="Bearer nonsense").post(
        "/predictions", content=chunks(10, 1_000, sent), headers=JSON
    )

    assert is_problem(response, 401, "invalid-token")
    assert not sent


async def test_a_row_of_another_type_is_named_with_its_field(api: Api) -> None:
    response = await api.client().post("/predictions", json={"data": {"text": 5}})

    assert is_problem(response, 422, "no-valid-row")
    assert response.json()["errors"] == [{"row": 0, "field": "text", "message": "must be a string"}]


async def test_a_text_that_no_database_holds_is_no_valid_row(api: Api) -> None:
    response = await api.client().post("/predictions", json={"data": {"text": "nul \x00"}})

    assert is_problem(response, 422, "no-valid-row")


async def test_the_curl_line_of_the_documentation_works_as_it_stands(api: Api) -> None:
    assert (await api.client().post("/predictions/predict", json=TEXT)).status_code == 202


@pytest.mark.parametrize("path", ["/predictions", "/predictions/predict", "/predictions/", "/auth/token"])
async def test_who_hangs_up_in_the_middle_of_a_body_is_no_error_of_ours(
    api: Api, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    messages: list[Any] = [
        {"type": "http.disconnect"},
        {"type": "http.request", "body": b'{"data": ', "more_body": True},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop()

    async def send(message: Any) -> None:
        sent.append(message)

    app: Any = api.app
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    headers = [(b"content-type", b"application/json")]
    await app(scope | {"headers": headers, "client": ("203.0.113.9", 1), "app": app}, receive, send)

    assert sent[0]["status"] == 400
    assert not caplog.records
