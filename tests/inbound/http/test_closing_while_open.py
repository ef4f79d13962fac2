"""An account is closed while its owner has everything open: streams, uploads, webhooks and keys.

Another API process may still remember the credentials.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest

from augury.application.people.known_callers import KnownCallers
from augury.concurrency.background import background
from augury.domain.api_key import SpendingLimits
from augury.domain.identifiers import UserId
from tests.event_reading import reading
from tests.hexagon import PASSWORD, Hexagon
from tests.http_api import Api, is_problem, serving
from tests.polling import eventually

TEXT = {"data": {"text": "hi"}}
CSV = {"Content-Type": "text/csv"}


@pytest.fixture
async def api(hexagon: Hexagon) -> AsyncIterator[Api]:
    async with (
        serving(hexagon) as api,
        background(hexagon.follow_predictions.look(), hexagon.follow_prediction.look()),
    ):
        yield api


async def with_key(api: Api, user_id: UserId) -> httpx.AsyncClient:
    terms = SpendingLimits(day=50, month=50)
    _, key = await api.hexagon.create_api_key(user_id=user_id, name="open", limits=terms)
    return api.client(Authorization=f"Bearer {key}")


async def test_while_work_is_under_way_nothing_is_closed_and_no_credit_is_lost(api: Api) -> None:
    user = await api.hexagon.user(credits=20)
    person, program = api.client_of(user), await with_key(api, user.id)
    await program.post("/predictions", json=TEXT)
    assert is_problem(await person.delete("/users/me?confirm=100"), 409, "predictions-under-way")
    await api.hexagon.run_all()
    await program.post("/batches", content="text\na\nb\n", headers=CSV)
    refused = await person.delete("/users/me?confirm=100")
    assert is_problem(refused, 409, "predictions-under-way")
    assert refused.json()["pending"] == 0
    assert "unfinished batch" in refused.json()["detail"]
    assert (await program.get("/balance")).json() == {"available": 17, "held": 2}
    await api.hexagon.run_all()
    assert is_problem(await program.delete("/users/me?confirm=100"), 403, "not-by-api-key")
    assert (await person.delete("/users/me?confirm=100")).status_code == 204
    assert await api.hexagon.balanced()


async def test_an_upload_during_the_close_leaves_nothing_behind(api: Api) -> None:
    user = await api.hexagon.user(credits=20)
    person, program = api.client_of(user), await with_key(api, user.id)
    sending, closed = asyncio.Event(), asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"text\n" + b"a row of text\n" * 100_000
        sending.set()
        await closed.wait()
        yield b"the last row\n"

    upload = asyncio.create_task(program.post("/batches", content=body(), headers=CSV))
    await sending.wait()
    assert (await person.delete("/users/me?confirm=100")).status_code == 204
    closed.set()
    refused = await upload
    assert is_problem(refused, 404, "user-not-found")
    assert str(user.id) not in repr(api.hexagon.memory.state.batches), "its rows are deleted"
    assert await api.hexagon.balanced()


async def test_streams_tell_every_end_and_nothing_after_the_close(api: Api) -> None:
    user = await api.hexagon.user(credits=20)
    person, program = api.client_of(user), await with_key(api, user.id)
    key = {"Authorization": program.headers["Authorization"]}
    accepted = (await program.post("/predictions", json=TEXT)).json()
    async with AsyncExitStack() as stack:
        of_one = await stack.enter_async_context(reading(api.app, accepted["urls"]["self"] + "/events", key))
        of_all = await stack.enter_async_context(reading(api.app, "/events", key))
        for stream in (of_one, of_all):
            event = await stream.event()
            assert event is not None
            assert event.name == "queued"
        await api.hexagon.run_all()
        for stream in (of_one, of_all):
            event = await stream.event()
            assert event is not None
            assert event.data["output"]
            last = event.id
        assert (await person.delete("/users/me?confirm=100")).status_code == 204
        again = await program.get("/events", headers={"Last-Event-ID": str(last)})
        assert is_problem(again, 401, "invalid-token")
        later = (await api.hexagon.user(credits=1)).id
        await api.hexagon.request_prediction(later)
        await api.hexagon.run_all()
        api.hexagon.follow_predictions.stop()
        assert await of_all.event() is None, "nothing came before the end of the stream"


async def test_credentials_that_another_process_remembers_change_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process learns of the close within `AUGURY_IDENTITY_CACHE`. Until then it asks the books."""
    monkeypatch.setattr(KnownCallers, "forget", lambda *_: None)
    user = await api.hexagon.user(credits=20, email="ann@example.org")
    person, program = api.client_of(user), await with_key(api, user.id)
    signed_in = api.client()
    tokens = (
        await signed_in.post("/auth/token", json={"email": "ann@example.org", "password": PASSWORD})
    ).json()
    done = (await program.post("/predictions", json=TEXT)).json()["urls"]["self"]
    batch = (await program.post("/batches", content="text\na\n", headers=CSV)).json()["urls"]["self"]
    hook = {"url": "https://example.org/hook", "events": ["prediction.finished"]}
    await api.hexagon.run_all()
    assert (await person.get("/balance")).status_code == 200
    assert (await person.delete("/users/me?confirm=100")).status_code == 204
    before = await api.hexagon.balances.statement(user.id, limit=100)

    for client in (person, program):
        for path in ("/predictions", "/predictions/predict", "/predictions/quote"):
            refused = await client.post(path, json=TEXT)
            assert refused.status_code in (200, 401, 404), (path, refused.text)
            assert "quote" in path or refused.status_code != 200
        refused = await client.post("/batches", content="text\na\n", headers=CSV)
        assert refused.status_code in (401, 404), refused.text
        for path, content in (
            ("/webhooks", hook),
            ("/users/me/api-keys", {"name": "later"}),
            ("/users/me/telegram-link", None),
            ("/users/me/password", {"current": PASSWORD, "new": PASSWORD + "!"}),
            (f"{done}/cancel", None),
            (f"{batch}/cancel", None),
            ("/promo-codes/redeem", {"code": "X"}),
        ):
            refused = await client.post(path, json=content)
            assert 400 <= refused.status_code < 500, (path, refused.status_code, refused.text)
        for path in (done, batch, f"{batch}/results", "/predictions", "/balance", "/webhooks", "/users/me"):
            read = await client.get(path)
            assert read.status_code < 500, (path, read.text)
            assert "ann@" not in read.text
            assert '"output":{' not in read.text
        assert (await client.delete(done)).status_code < 500
        assert (await client.delete("/users/me")).status_code in (401, 403, 404)
    refreshed = await signed_in.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert refreshed.status_code == 401

    assert await api.hexagon.balances.statement(user.id, limit=100) == before
    assert await api.hexagon.webhooks.page(user.id, limit=9) == []
    assert await api.hexagon.balanced()
    await eventually(lambda: not api.hexagon.memory.state.api_keys, "no key is left")
