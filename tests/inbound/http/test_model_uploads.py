import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from augury.application.models.ports.uploads import PIECE_BYTES
from augury.domain.model import ModelState
from augury.inbound.http.models.intake import UPLOADS_AT_ONCE
from augury.inbound.http.settings import HttpSettings
from tests.hexagon import Hexagon, a_model
from tests.http_api import Api, is_problem, serving

BYTES = {"Content-Type": "application/octet-stream"}
FILE = json.dumps({"features": {"text": "text"}, "classes": ["long", "short"]}).encode()
SHA256 = hashlib.sha256(FILE).hexdigest()


async def send(admin: httpx.AsyncClient, content: bytes = FILE, **asked: object) -> httpx.Response:
    params = {"name": "churn"} | {name: str(value) for name, value in asked.items()}
    return await admin.post("/admin/models", params=params, content=content, headers=BYTES)


async def test_a_file_that_was_sent_is_checked_and_then_served(api: Api) -> None:
    admin = await api.admin()

    sent = await send(admin, row_price=3, sha256=SHA256.upper())

    assert sent.status_code == 202
    assert sent.headers["location"] == "/admin/models/churn@1"
    assert sent.json() == {
        "model": "churn@1",
        "state": "checking",
        "sha256": SHA256,
        "facts": None,
        "check": {"size": len(FILE), "stage": "waiting", "attempts": 0},
        "reason": None,
        "share": None,
    }
    assert (await admin.get(sent.headers["location"])).json() == sent.json()
    assert is_problem(await api.client().get("/models/churn"), 404, "model-not-found")

    await api.hexagon.check_model()

    found = (await admin.get("/admin/models/churn@1")).json()
    assert (found["state"], found["facts"]["row_price"], found["check"]) == ("active", 3, None)
    assert (await api.client().get("/models/churn")).json()["active_version"] == 1


async def test_a_file_that_cannot_be_served_is_refused_with_its_reason(api: Api) -> None:
    admin = await api.admin()
    await send(admin, b"no model")

    await api.hexagon.check_model()

    found = (await admin.get("/admin/models/churn@1")).json()
    assert found["state"] == "refused"
    assert found["reason"]
    listed = (await admin.get("/admin/models")).json()["items"]
    assert [(each["model"], each["state"]) for each in listed] == [
        ("churn@1", "refused"),
        ("tone@1", "active"),
    ]
    assert is_problem(
        await admin.patch("/admin/models/churn@1", json={"state": "active"}), 404, "model-not-found"
    )
    assert (await send(admin)).json()["model"] == "churn@2"


async def test_a_version_that_answers_other_things_is_ready_and_says_why(api: Api) -> None:
    admin = await api.admin()
    other = json.dumps({"features": {"age": "numeric"}, "classes": ["long", "short"]}).encode()
    await admin.post("/admin/models", params={"name": "tone"}, content=other, headers=BYTES)

    await api.hexagon.check_model()

    found = (await admin.get("/admin/models/tone@2")).json()
    assert found["state"] == "ready"
    assert found["reason"] == "it is not active, because it needs age; it does not take text"


async def test_a_form_is_taken_like_the_bare_bytes(api: Api) -> None:
    admin = await api.admin()

    sent = await admin.post("/admin/models", params={"name": "churn"}, files={"file": ("churn.cbm", FILE)})

    assert (sent.status_code, sent.json()["sha256"]) == (202, SHA256)


async def test_a_large_file_is_stored_in_pieces(api: Api) -> None:
    content = bytes(range(256)) * (PIECE_BYTES // 64) + b"end"

    async def streamed() -> AsyncIterator[bytes]:
        for begin in range(0, len(content), 100_000):
            yield content[begin : begin + 100_000]

    admin = await api.admin()
    sent = await admin.post("/admin/models", params={"name": "churn"}, content=streamed(), headers=BYTES)

    assert sent.json()["check"]["size"] == len(content)
    [stored] = api.hexagon.model_files.stored.values()
    assert [len(stored.pieces[number]) for number in range(5)] == [PIECE_BYTES] * 4 + [3]
    assert sent.json()["sha256"] == hashlib.sha256(content).hexdigest()


async def test_the_same_file_is_the_same_version_at_the_price_that_is_given(api: Api) -> None:
    admin = await api.admin()
    first = await send(admin)
    assert (await send(admin)).json() == first.json()
    await api.hexagon.check_model()

    again = await send(admin, row_price=7)

    assert (again.json()["model"], again.json()["facts"]["row_price"]) == ("churn@1", 7)
    assert await api.hexagon.check_model() is None


async def test_a_file_that_was_lost_is_there_again_after_it_was_sent(api: Api) -> None:
    await api.hexagon.models.add(replace(a_model("churn"), sha256=SHA256))

    sent = await send(await api.admin())

    assert (sent.json()["model"], sent.json()["state"]) == ("churn@1", "active")
    assert (await api.hexagon.model_store.path(SHA256)).read_bytes() == FILE


@pytest.mark.parametrize(
    ("asked", "content", "status", "name"),
    [
        ({"sha256": "0" * 64}, FILE, 422, "checksum-mismatch"),
        ({"sha256": "0"}, FILE, 422, "wrong-shape"),
        ({"name": "Churn"}, FILE, 422, "invalid-model-name"),
        ({"name": ""}, FILE, 422, "invalid-model-name"),
        ({"name": "a" * 64}, FILE, 422, "wrong-shape"),
        ({"row_price": -1}, FILE, 422, "wrong-shape"),
        ({"text_price": 10**6 + 1}, FILE, 422, "wrong-shape"),
        ({"activate": "perhaps"}, FILE, 422, "wrong-shape"),
        ({"value": "logarithm"}, FILE, 422, "wrong-shape"),
        ({"price": 3}, FILE, 422, "wrong-shape"),
        ({}, b"", 422, "empty-model-file"),
    ],
)
async def test_what_is_refused_leaves_nothing(
    api: Api, asked: dict[str, object], content: bytes, status: int, name: str
) -> None:
    assert is_problem(await send(await api.admin(), content, **asked), status, name)
    assert not api.hexagon.model_files.stored
    assert await api.hexagon.model_uploads.all() == []


async def test_the_name_is_required(api: Api) -> None:
    admin = await api.admin()
    assert is_problem(await admin.post("/admin/models", content=FILE, headers=BYTES), 422, "wrong-shape")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"Content-Type": "multipart/form-data"},
        {**BYTES, "Content-Encoding": "gzip"},
    ],
    ids=repr,
)
async def test_a_body_of_another_type_is_refused(api: Api, headers: dict[str, str]) -> None:
    admin = await api.admin()
    sent = await admin.post("/admin/models", params={"name": "churn"}, content=FILE, headers=headers)
    assert is_problem(sent, 415, "unsupported-media-type")
    assert not api.hexagon.model_files.stored


async def test_only_an_administrator_may_send_one(api: Api) -> None:
    assert is_problem(await send(api.client()), 401, "sign-in-required")
    assert is_problem(await send(await api.member()), 403, "not-allowed")


@pytest.mark.parametrize("says_its_length", [True, False])
async def test_a_file_above_the_limit_is_refused(hexagon: Hexagon, says_its_length: bool) -> None:
    async def streamed() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 100_000

    async with serving(hexagon, settings=HttpSettings(max_model_file_bytes=2_000_000)) as api:
        admin = await api.admin()
        content: bytes | AsyncIterator[bytes] = b"x" * 3_000_000 if says_its_length else streamed()
        sent = await admin.post("/admin/models", params={"name": "churn"}, content=content, headers=BYTES)

        assert is_problem(sent, 413, "body-too-large")
        assert sent.json()["most"] == 2_000_000
    assert not hexagon.model_files.stored


async def test_few_files_are_received_at_once(api: Api) -> None:
    api.app.state.model_intake._uploads = UPLOADS_AT_ONCE

    assert is_problem(await send(await api.admin()), 503, "busy")


async def test_a_value_is_told_for_a_file_that_does_not_say_it_alone(api: Api) -> None:
    admin = await api.admin()
    await send(admin, value="exponent")
    await api.hexagon.check_model()

    found = (await admin.get("/admin/models/churn@1")).json()

    assert found["state"] == "refused"
    assert found["reason"].startswith("the file already says how to read its answer")


async def test_a_file_whose_worker_ends_again_and_again_is_refused(api: Api) -> None:
    hexagon = api.hexagon
    await send(await api.admin())
    for _ in range(3):
        assert await hexagon.model_uploads.take(lease=hexagon.limits.lease)
        hexagon.clock.advance(2 * hexagon.limits.lease)

    done = await hexagon.check_model()

    assert done is not None
    assert (done.state, str(done.reason)) == (
        ModelState.REFUSED,
        "the process that checked it ended 3 times",
    )


async def test_a_parameter_that_is_missing_or_malformed_is_named(api: Api) -> None:
    admin = await api.admin()

    missing = await admin.post("/admin/models", content=b"CBM1")
    malformed = await admin.post("/admin/models?name=churn&sha256=abcd", content=b"CBM1")

    assert is_problem(missing, 422, "wrong-shape")
    assert missing.json()["detail"] == "`name` is missing."
    assert missing.json()["errors"] == [{"row": None, "field": "name", "message": "is missing"}]
    assert malformed.json()["detail"] == "`sha256` must match ^[0-9a-fA-F]{64}$."
