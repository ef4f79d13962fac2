"""Limits of what one request makes the API hold and send: lists without errors, kept errors, large
answers."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from typing_extensions import override

from augury.application.limits import Limits
from augury.application.ports import Json
from augury.application.predictions.ports.reads import MOST_BYTES_AT_ONCE, MOST_LISTED_BYTES
from augury.application.predictions.wait_for_prediction import WaitForPrediction
from augury.bootstrap.http.server import HttpServer, bound_socket
from augury.domain.answer_form import ModelTask
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.row_errors import MOST_FIELD_CHARACTERS
from augury.inbound.http.edge.layer import PART
from augury.outbound.memory.predictions import MemoryPredictions
from tests.hexagon import Hexagon
from tests.http_api import SETTINGS, TEXT, Api, is_problem, serving
from tests.polling import eventually

LONG_KEY = "k" * 5_000
LARGE = Json(b'[{"label":"' + b"x" * 25_000_000 + b'"}]')


class CountingPredictions(MemoryPredictions):
    """Counts the pieces that are read."""

    pieces = 0

    @override
    async def piece(self, prediction_id: PredictionId, *, owner: UserId, begin: int) -> bytes:
        type(self).pieces += 1
        return await super().piece(prediction_id, owner=owner, begin=begin)


@pytest.fixture
def counting(hexagon: Hexagon) -> CountingPredictions:
    CountingPredictions.pieces = 0
    hexagon.predictions = CountingPredictions(hexagon.memory)
    hexagon.wait_for_prediction = WaitForPrediction(hexagon.predictions)
    return hexagon.predictions


async def finished_with(api: Api, member: Any, output: Json) -> str:
    """The URL of a prediction that has succeeded with this output."""
    url: str = (await member.post("/predictions", json=TEXT)).json()["urls"]["self"]
    await api.hexagon.run_all()
    records = api.hexagon.memory.state.predictions
    for prediction_id, record in list(records.items()):
        if str(prediction_id) in url:
            records[prediction_id] = replace(record, output=output)
    return url


async def test_a_list_counts_errors_and_warnings_and_leaves_them_out(api: Api) -> None:
    member = await api.member(credits=600)
    rows = [{"text": "good"}, *({LONG_KEY: row, "text": "bad"} for row in range(100))]
    for _ in range(5):
        await member.post("/predictions", json={"data": rows})
    await api.hexagon.run_all()

    page = await member.get("/predictions")

    assert len(page.content) < 5_000
    for item in page.json()["items"]:
        assert (item["error_count"], item["warning_count"]) == (100, 0)
        assert not {"errors", "warnings"} & set(item)


async def test_so_many_errors_are_kept_and_the_others_are_counted() -> None:
    async with serving(Hexagon(Limits(max_errors=3))) as api:
        member = await api.member(credits=20)
        rows = [{"text": "good"}, *({LONG_KEY: row, "text": "bad"} for row in range(9))]
        url = (await member.post("/predictions", json={"data": rows})).json()["urls"]["self"]
        await api.hexagon.run_all()

        finished = (await member.get(url)).json()
        quoted = (await member.post("/predictions/quote", json={"data": rows})).json()
        refused = await member.post("/predictions", json={"data": rows[1:]})

    assert is_problem(refused, 422, "no-valid-row")
    for answer in (finished, quoted, refused.json()):
        assert answer["error_count"] == 9
        assert [error["row"] - answer["errors"][0]["row"] for error in answer["errors"]] == [0, 1, 2]
        assert {len(error["field"]) for error in answer["errors"]} == {MOST_FIELD_CHARACTERS}
    assert (quoted["valid_rows"], len(finished["output"])) == (1, 10)


async def test_a_list_has_the_output_of_single_rows_unless_it_is_long(api: Api) -> None:
    member = await api.member(credits=2)
    await finished_with(api, member, Json(b'{"label":"' + b"x" * MOST_LISTED_BYTES + b'"}'))
    await finished_with(api, member, Json(b'{"label":"short"}'))

    items = (await member.get("/predictions")).json()["items"]

    assert sorted((item["output"] for item in items), key=str) == [None, {"label": "short"}]


@pytest.mark.parametrize("size", [n * MOST_BYTES_AT_ONCE + more for n in (1, 3) for more in (-1, 0, 1)])
async def test_a_large_output_arrives_whole(api: Api, size: int) -> None:
    output = Json(b'"' + b"x" * (size - 2) + b'"')
    member = await api.member(credits=1)
    url = await finished_with(api, member, output)

    response = await member.get(url)

    assert response.json()["output"] == json.loads(output)
    assert int(response.headers["content-length"]) == len(response.content)
    head = await member.head(url)
    assert head.headers["content-length"] == response.headers["content-length"]


async def test_no_more_is_handed_to_the_server_than_the_reader_takes(
    hexagon: Hexagon, counting: CountingPredictions
) -> None:
    async with serving(hexagon) as api:
        member = await api.member(credits=1)
        path = await finished_with(api, member, LARGE)
        sent: list[int] = []
        takes = asyncio.Event()

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                sent.append(len(message["body"]))
                if len(sent) > 2:
                    await takes.wait()

        reading = asyncio.create_task(call(api, path, member, send))
        await eventually(lambda: len(sent) == 3)
        assert counting.pieces == 1
        takes.set()
        await reading

    assert max(sent) <= PART
    assert sum(sent) > len(LARGE)


async def call(api: Api, path: str, member: Any, send: Any) -> None:
    requests, ended = [{"type": "http.request", "body": b"", "more_body": False}], asyncio.Event()

    async def receive() -> Any:
        if requests:
            return requests.pop()
        await ended.wait()
        return {"type": "http.disconnect"}

    async def sent(message: Any) -> None:
        await send(message)
        if not message.get("more_body", True):
            ended.set()

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"authorization", member.headers["authorization"].encode())],
        "client": ("198.51.100.7", 50_000), "server": ("augury.test", 80), "extensions": {},
    }  # fmt: skip
    await api.app(scope, receive, sent)  # type: ignore[arg-type]  # a plain dict is a scope


@asynccontextmanager
async def listening(api: Api) -> AsyncIterator[Any]:
    stop = asyncio.Event()
    with bound_socket("127.0.0.1", 0) as listener:
        server = HttpServer(api.app, before_stop=lambda: None, keep_alive=timedelta(seconds=60))
        server.config.lifespan = "off"
        running = asyncio.create_task(server.run_until(stop, listener))
        try:
            yield listener.getsockname()
        finally:
            stop.set()
            await running


async def test_slow_readers_cost_a_piece_each_on_the_real_server(
    hexagon: Hexagon, counting: CountingPredictions
) -> None:
    async with serving(hexagon) as api:
        member = await api.member(credits=1)
        url = await finished_with(api, member, LARGE)
        head = f"GET {url} HTTP/1.1\r\nHost: a\r\nAuthorization: {member.headers['authorization']}\r\n\r\n"
        readers = []
        async with listening(api) as address:
            for _ in range(5):
                reader = socket.socket()
                reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                reader.setblocking(False)
                await asyncio.get_running_loop().sock_connect(reader, address)
                await asyncio.get_running_loop().sock_sendall(reader, head.encode())
                readers.append(reader)
            await eventually(lambda: counting.pieces >= 5)
            still = 0
            while still != counting.pieces:  # until no more pieces are read
                still = counting.pieces
                await asyncio.sleep(0.2)
            assert counting.pieces <= 5 * 4, "the system's buffers hold some"
            for reader in readers:
                reader.close()


async def test_a_reader_who_takes_nothing_is_given_up() -> None:
    settings = replace(SETTINGS, read_patience=timedelta(seconds=1), max_large_answers=1)
    async with serving(Hexagon(), settings=settings) as api:
        member = await api.member(credits=1)
        path = await finished_with(api, member, LARGE)

        async def never_taken(message: Any) -> None:
            if message["type"] == "http.response.body":
                await asyncio.Event().wait()

        async with asyncio.timeout(60):
            await call(api, path, member, never_taken)
        assert (await member.get(path)).status_code == 200, "its place is free again"


async def test_so_many_large_answers_are_sent_at_once_and_a_fourth_to_one_user() -> None:
    settings = replace(SETTINGS, max_large_answers=8)
    async with serving(Hexagon(), settings=settings) as api:
        member, other = await api.member(credits=3), await api.member(credits=1)
        path = await finished_with(api, member, LARGE)
        others = await finished_with(api, other, LARGE)
        takes = asyncio.Event()

        async def slow(_: Any) -> None:
            await takes.wait()

        reading = [asyncio.create_task(call(api, path, member, slow)) for _ in range(2)]
        await eventually(lambda: api.app.state.prediction_answers.outflow.under_way == 2)

        refused = await member.get(path)
        assert is_problem(refused, 503, "busy")
        assert (await other.get(others)).status_code == 200
        small = await member.post("/predictions", json=TEXT)
        assert (await member.get(small.json()["urls"]["self"])).status_code == 200
        takes.set()
        await asyncio.gather(*reading)
        assert (await member.get(path)).status_code == 200


async def test_results_of_batches_wait_for_slow_readers_in_bounded_memory(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    settings = replace(SETTINGS, max_results_bytes=1_000_000)
    async with serving(Hexagon(), settings=settings) as api:
        member = await api.member(credits=10_000)
        rows = "text,note\n" + f"good,{'n' * 150}\n" * 6_000
        batch = await member.post("/batches", content=rows, headers={"Content-Type": "text/csv"})
        await api.hexagon.run_all()
        path = batch.json()["urls"]["results"]
        whole = (await member.get(path)).content
        assert len(whole) > settings.max_results_bytes
        received = [bytearray() for _ in range(10)]
        takes = asyncio.Event()

        def slow(taken: bytearray) -> Any:
            async def send(message: Any) -> None:
                if message["type"] == "http.response.body":
                    if len(taken) > 1_000:  # more than the header
                        await takes.wait()
                    taken.extend(message["body"])

            return send

        reading = [asyncio.create_task(call(api, path, member, slow(taken))) for taken in received]
        await eventually(lambda: all(len(taken) > 1_000 for taken in received))
        assert 0 < api.app.state.batch_results.waiting.size <= settings.max_results_bytes
        assert (await member.get(path)).content == whole, "who reads is served"
        takes.set()
        await asyncio.gather(*reading)

        assert all(whole.startswith(taken) for taken in received)
        broken_off = [taken for taken in received if len(taken) < len(whole)]
        assert 5 <= len(broken_off) < 10, "the room is for three slices"
        rest = await member.get(path, headers={"Range": f"bytes={len(broken_off[0])}-"})
        assert broken_off[0] + rest.content == whole
        assert api.app.state.batch_results.waiting.size == 0
    said = [record for record in caplog.records if "was broken off" in record.message]
    assert [record.levelname for record in said] == ["INFO"] * len(broken_off)
    assert not any(record.exc_info for record in caplog.records)


async def test_a_submit_that_waited_is_never_refused_for_its_large_answer() -> None:
    hexagon = Hexagon()
    async with serving(hexagon, settings=replace(SETTINGS, max_large_answers=1)) as api:
        member = await api.member(credits=2)
        path = await finished_with(api, member, LARGE)
        takes = asyncio.Event()

        async def slow(_: Any) -> None:
            await takes.wait()

        reading = asyncio.create_task(call(api, path, member, slow))
        await eventually(lambda: api.app.state.prediction_answers.outflow.under_way == 1)
        again = {"Idempotency-Key": "k", "Prefer": "wait=1"}
        accepted = await member.post("/predictions", json=TEXT, headers={"Idempotency-Key": "k"})
        await hexagon.run_all()
        record = hexagon.memory.state.predictions[PredictionId(UUID(accepted.json()["id"]))]
        hexagon.memory.state.predictions[record.prediction.id] = replace(record, output=LARGE)

        answer = await member.post("/predictions", json=TEXT, headers=again)

        assert (answer.status_code, answer.json()["output"]) == (202, None)
        assert answer.json()["status"] == "succeeded"
        takes.set()
        await reading
        assert (await member.post("/predictions", json=TEXT, headers=again)).status_code == 200


async def test_an_answer_whose_output_is_forgotten_meanwhile_breaks_off(
    hexagon: Hexagon, counting: CountingPredictions
) -> None:
    async with serving(hexagon) as api:
        member = await api.member(credits=1)
        path = await finished_with(api, member, LARGE)
        sent = 0

        async def send(message: Any) -> None:
            nonlocal sent
            if message["type"] == "http.response.body":
                if not sent:
                    assert (await member.delete(path)).status_code == 204
                sent += len(message["body"])

        await call(api, path, member, send)

    assert sent < len(LARGE)
    assert counting.pieces == 1


async def test_top_makes_room_for_more_rows_and_is_kept_with_the_prediction() -> None:
    hexagon = Hexagon(Limits(max_answer_bytes=100_000, max_classes=400))
    facts = replace(hexagon.model.facts, classes=tuple(f"class {number}" for number in range(500)))
    hexagon.memory.state.models[hexagon.model.ref] = replace(hexagon.model, facts=facts)
    rows, key = {"data": [{"text": "a"}] * 50}, {"Idempotency-Key": '"once"'}
    async with serving(hexagon) as api:
        member = await api.member(credits=200)

        refused = await member.post("/predictions", json=rows)
        accepted = await member.post("/predictions", json={**rows, "top": 5}, headers=key)
        quoted = await member.post("/predictions/quote", json={**rows, "top": 5})
        again = await member.post("/predictions", json={**rows, "top": 5}, headers=key)
        other = await member.post("/predictions", json={**rows, "top": 6}, headers=key)
        wrong = [await member.post("/predictions", json={**rows, "top": top}) for top in (0, 32_768, "5")]

    assert is_problem(refused, 422, "answer-too-large")
    assert "`top`" in refused.json()["detail"]
    assert (accepted.status_code, accepted.json()["price"]) == (202, 50)
    assert (quoted.status_code, quoted.json()["price"]) == (200, 50)
    assert again.json()["id"] == accepted.json()["id"]
    assert is_problem(other, 422, "idempotency-conflict")
    assert {each.status_code for each in wrong} == {422}
    assert [each.top for each in hexagon.memory.state.predictions.values()] == [5]


async def test_top_is_refused_by_a_model_without_classes() -> None:
    hexagon = Hexagon()
    facts = replace(hexagon.model.facts, task=ModelTask.REGRESSION, classes=())
    hexagon.memory.state.models[hexagon.model.ref] = replace(hexagon.model, facts=facts)
    async with serving(hexagon) as api:
        member = await api.member(credits=9)
        submitted = await member.post("/predictions", json={"data": {"text": "a"}, "top": 5})
        quoted = await member.post("/predictions/quote", json={"data": {"text": "a"}, "top": 5})
        batch = await member.post(
            "/batches?top=5", content=b"text\na\n", headers={"Content-Type": "text/csv"}
        )

    for refused in (submitted, quoted, batch):
        assert is_problem(refused, 422, "no-classes")


async def test_an_answer_of_many_classes_is_bounded_before_anything_is_charged() -> None:
    hexagon = Hexagon(Limits(max_answer_bytes=100_000))
    facts = replace(hexagon.model.facts, classes=tuple(f"class {number}" for number in range(500)))
    hexagon.memory.state.models[hexagon.model.ref] = replace(hexagon.model, facts=facts)
    async with serving(hexagon) as api:
        member = await api.member(credits=100)

        refused = await member.post("/predictions", json={"data": [{"text": "a"}] * 50})
        most = refused.json()["most_rows"]
        accepted = await member.post("/predictions", json={"data": [{"text": "a"}] * most})
        quoted = await member.post("/predictions/quote", json={"data": [{"text": "a"}] * (most + 1)})

    assert is_problem(refused, 422, "answer-too-large")
    assert is_problem(quoted, 422, "answer-too-large")
    assert (refused.json()["rows"], refused.json()["classes"], refused.json()["most"]) == (50, 500, 100_000)
    assert accepted.status_code == 202
    written = json.dumps(
        {"label": "class 499", "probabilities": dict.fromkeys(facts.classes, 1.2345678e-300)}
    )
    assert len(written) * most <= 100_000 + 4 * 500 * most, "json.dumps adds blanks"
