"""Batches over HTTP, with the adapters in memory."""

import csv
import gzip
import io
import json
from collections.abc import AsyncIterator
from typing import Any, NoReturn

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from augury.application.limits import Limits
from augury.domain.batch import SLICE_ROWS
from augury.inbound.http.batches.results import BatchResults
from augury.inbound.http.protocol.paging import cursor_at, number_position
from augury.inbound.http.settings import HttpSettings
from tests.hexagon import Hexagon, a_model
from tests.http_api import Api, is_problem, serving

CSV = "text/csv"
NDJSON = "application/x-ndjson"
PARQUET = "application/vnd.apache.parquet"
ROWS = "id,text,note\n1,hi,first\n2,a long text indeed,\n3,,third\n"


async def send(
    member: httpx.AsyncClient,
    content: str | bytes | AsyncIterator[bytes] = ROWS,
    kind: str = CSV,
    query: str = "?model=tone",
    **headers: str,
) -> httpx.Response:
    return await member.post(
        f"/batches{query}", content=content, headers={"Content-Type": kind, **headers}, timeout=60
    )


async def accepted(member: httpx.AsyncClient, *given: Any, **more: Any) -> dict[str, Any]:
    response = await send(member, *given, **more)
    assert response.status_code == 202, response.text
    body: dict[str, Any] = response.json()
    assert response.headers["Location"] == body["urls"]["self"]
    return body


def many(rows: int) -> str:
    return "text\n" + "".join(f"row {row}\n" for row in range(rows))


def table(response: httpx.Response, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.text, newline=""), delimiter=delimiter))


async def test_a_batch_is_accepted_run_and_answered_with_all_of_its_columns(
    api: Api, hexagon: Hexagon
) -> None:
    member = await api.member(credits=5)

    batch = await accepted(member)

    assert batch | {"id": "", "created_at": "", "urls": {}} == {
        "id": "",
        "status": "queued",
        "model": "tone@1",
        "rows": 3,
        "done": 0,
        "failed": 0,
        "price": 3,
        "charged": 0,
        "ends_in": None,
        "has_data": True,
        "created_at": "",
        "started_at": None,
        "finished_at": None,
        "urls": {},
    }
    assert (await member.get("/balance")).json() == {"available": 2, "held": 3}
    await hexagon.run_all()

    now = (await member.get(batch["urls"]["self"])).json()
    assert (now["status"], now["done"], now["failed"], now["charged"]) == ("succeeded", 3, 0, 3)
    response = await member.get(batch["urls"]["results"])
    assert response.headers["content-type"].startswith(CSV)
    assert [(row["row"], row["id"], row["text"], row["note"], row["label"]) for row in table(response)] == [
        ("0", "1", "hi", "first", "short"),
        ("1", "2", "a long text indeed", "", "long"),
        ("2", "3", "", "third", "short"),
    ]
    assert (await member.get("/balance")).json() == {"available": 2, "held": 0}
    assert await hexagon.balanced()


async def test_slices_are_not_predictions_of_the_list_and_do_not_count_as_pending(hexagon: Hexagon) -> None:
    hexagon = Hexagon(Limits(max_pending=2))
    async with serving(hexagon) as api:
        member = await api.member(credits=10_000)
        await accepted(member, many(3 * SLICE_ROWS))

        assert (await member.get("/predictions")).json()["items"] == []
        assert (await member.post("/predictions", json={"data": {"text": "hi"}})).status_code == 202
        assert await hexagon.balanced()


async def test_text_has_its_price_and_that_of_rows_without_an_answer_comes_back(
    api: Api, hexagon: Hexagon
) -> None:
    await hexagon.models.add(a_model("letters", row_price=1, text_price=3))
    member = await api.member(credits=30_000)
    texts = ["é" * 600, "break the model", "x" * 795]
    content = "text\n" + "\n".join([*texts, *["y"] * (SLICE_ROWS - 2), "z" * 1_001])
    query = "?model=letters"
    first = SLICE_ROWS + 3 * 5  # 1,200 + 15 + 795 + 1,997 bytes: five begun kilobytes
    second = 2 + 3 * 2  # y, and 1,001 z

    refused = await send(member, content, query=f"{query}&max_price={first + second - 1}")
    assert is_problem(refused, 402, "max-price-exceeded")
    assert refused.json()["price"] == first + second
    batch = await accepted(member, content, query=query)

    assert batch["price"] == first + second
    assert (await member.get("/balance")).json()["held"] == first + second
    await hexagon.run_all()
    now = (await member.get(batch["urls"]["self"])).json()
    assert (now["done"], now["failed"]) == (SLICE_ROWS + 1, 1)
    assert now["charged"] == first + second - 1 - 3  # without that row, the text has 3,992 bytes
    assert (await member.get("/balance")).json() == {"available": 30_000 - now["charged"], "held": 0}
    assert await hexagon.balanced()


async def test_rows_without_an_answer_are_named_and_not_charged(api: Api, hexagon: Hexagon) -> None:
    member = await api.member(credits=10)
    lines = [{"text": "hi", "id": 7}, {"text": 5}, {"id": 8}, ["no object"], {"text": "break the model"}]
    batch = await accepted(member, "\n".join(map(json.dumps, lines)), NDJSON)
    await hexagon.run_all()

    now = (await member.get(batch["urls"]["self"])).json()
    assert (now["status"], now["done"], now["failed"], now["charged"]) == ("succeeded", 1, 4, 1)
    assert (await member.get(batch["urls"]["errors"])).json() == {
        "items": [
            {"row": 1, "field": "text", "message": "must be a string"},
            {"row": 2, "field": "text", "message": "is missing"},
            {"row": 3, "field": None, "message": "must be an object"},
            {"row": 4, "field": None, "message": "the model could not predict this row"},
        ],
        "next_cursor": None,
    }
    response = await member.get(batch["urls"]["results"] + "?format=ndjson")
    assert [json.loads(line) for line in response.text.splitlines()][:3] == [
        {"row": 0, "input": lines[0], "output": {"label": "short"}, "error": None, "warning": None},
        {
            "row": 1,
            "input": lines[1],
            "output": None,
            "error": "text: must be a string",
            "warning": None,
        },
        {"row": 2, "input": lines[2], "output": None, "error": "text: is missing", "warning": None},
    ]
    assert (await member.get("/balance")).json() == {"available": 9, "held": 0}


async def test_errors_come_in_pages_through_all_slices(api: Api, hexagon: Hexagon) -> None:
    member = await api.member(credits=100_000)
    bad = {3, 5, SLICE_ROWS + 1, 3 * SLICE_ROWS + 2}
    lines = [json.dumps({"text": 5} if row in bad else {"text": "hi"}) for row in range(3 * SLICE_ROWS + 3)]
    batch = await accepted(member, "\n".join(lines), NDJSON)
    await hexagon.run_all()

    found: list[int] = []
    query = "?limit=3"
    while True:
        page = (await member.get(batch["urls"]["errors"] + query)).json()
        found += [each["row"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        query = f"?limit=3&cursor={page['next_cursor']}"
    assert found == sorted(bad)


@pytest.mark.parametrize("position", [2**55, 2**63 - 2**16, 2**63 - 1])
async def test_a_place_beyond_all_slices_is_no_cursor_of_errors(api: Api, position: int) -> None:
    """The number of a slice has 32 bits in the database."""
    member = await api.member(credits=5)
    batch = await accepted(member)

    cursor = cursor_at(number_position(position))
    response = await member.get(batch["urls"]["errors"], params={"cursor": cursor})

    assert is_problem(response, 422, "wrong-shape")


@pytest.mark.parametrize("format", ["csv", "ndjson", "parquet"])
async def test_parquet_is_taken_and_every_format_answered(api: Api, hexagon: Hexagon, format: str) -> None:
    member = await api.member(credits=100_000)
    rows = SLICE_ROWS + 5
    sent = pa.table(
        {
            "id": pa.array(range(rows)),
            "text": pa.array(["hi"] * rows).dictionary_encode(),
            "when": pa.array([None] * rows, pa.timestamp("ms")),
        }
    )
    file = io.BytesIO()
    pq.write_table(sent, file, row_group_size=700)
    batch = await accepted(member, file.getvalue(), PARQUET)
    await hexagon.run_all()

    response = await member.get(batch["urls"]["results"] + f"?format={format}")

    assert response.status_code == 200
    if format == "parquet":
        found = pq.read_table(io.BytesIO(response.content))
        assert found.column("id").to_pylist() == list(range(rows))
        assert set(found.column("label").to_pylist()) == {"short"}
        assert found.schema.field("when").type == pa.timestamp("ms")
    elif format == "csv":
        assert [(row["id"], row["label"]) for row in table(response)] == [
            (str(row), "short") for row in range(rows)
        ]
    else:
        assert [json.loads(line)["input"]["id"] for line in response.text.splitlines()] == list(range(rows))
    names = {name for _, name in hexagon.batch_store.objects}
    assert not any(name.startswith("raw/") for name in names)


@pytest.mark.parametrize("format", ["csv", "ndjson", "parquet"])
async def test_columns_that_python_cannot_hold_are_in_the_results(
    api: Api, hexagon: Hexagon, format: str
) -> None:
    member = await api.member(credits=10)
    sent = pa.table(
        {
            "text": ["hi", "hello"],
            "at": pa.array([1_751_500_800_000_000_001, None], pa.timestamp("ns")),
            "far": pa.array([2**60, 0], pa.timestamp("us")),
            "took": pa.array([1, 1_000], pa.duration("ns")),
            "name": pa.array([b"\xff", b"b"], pa.binary()).view(pa.string()),
        }
    )
    file = io.BytesIO()
    pq.write_table(sent, file)
    batch = await accepted(member, file.getvalue(), PARQUET)
    await hexagon.run_all()

    response = await member.get(batch["urls"]["results"] + f"?format={format}")

    assert response.status_code == 200
    if format == "parquet":
        found = pq.read_table(io.BytesIO(response.content))
        assert found.column("at").cast(pa.int64()).to_pylist() == [1_751_500_800_000_000_001, None]
        return
    rows = (
        table(response)
        if format == "csv"
        else [json.loads(line)["input"] for line in response.text.splitlines()]
    )
    assert [row["at"] or None for row in rows] == ["2025-07-03 00:00:00.000000001", None]
    assert [row["name"] for row in rows] == (["ff", "b"] if format == "csv" else ["/w==", "b"])
    assert "out of range" in rows[0]["far"]


async def test_a_form_and_gzip_are_taken(api: Api, hexagon: Hexagon) -> None:
    member = await api.member(credits=100)

    by_type = await member.post("/batches", files={"file": ("rows", ROWS, CSV)}, data={"other": "x"})
    by_name = await member.post("/batches", files={"file": ("rows.csv.gz", gzip.compress(ROWS.encode()))})
    packed = await send(
        member,
        gzip.compress(ROWS[:20].encode()) + gzip.compress(ROWS[20:].encode()),
        **{"Content-Encoding": "gzip"},
    )

    for each in (by_type, by_name, packed):
        assert each.status_code == 202, each.text
        assert each.json()["rows"] == 3
    await hexagon.run_all()
    results = [(await member.get(each.json()["urls"]["results"])).text for each in (by_type, by_name, packed)]
    assert results[0] == results[1] == results[2]


async def test_what_does_not_unpack_within_the_ratio_is_refused(hexagon: Hexagon) -> None:
    async with serving(hexagon, settings=HttpSettings(max_gzip_ratio=50)) as api:
        member = await api.member(credits=100)
        bomb = gzip.compress(b"text\n" + b"a" * 20_000_000)
        headers = {"Content-Type": CSV, "Content-Encoding": "gzip"}

        assert is_problem(await member.post("/batches", content=bomb, headers=headers), 413, "body-too-large")
        assert is_problem(
            await member.post("/batches", content=gzip.compress(b"text\nhi\n")[:-9], headers=headers),
            422,
            "unreadable-file",
        )
        assert not hexagon.batch_store.objects
        assert not hexagon.memory.state.batches


async def test_a_file_takes_a_bounded_part_of_the_store(hexagon: Hexagon) -> None:
    """As many bytes as the file may have, twice: the slices of thousands of empty columns take far more."""
    columns = ",".join(f"c{number}" for number in range(300))
    async with serving(hexagon, settings=HttpSettings(max_batch_file_bytes=20_000)) as api:
        member = await api.member(credits=10_000)
        await accepted(member, "text\n" + "hi\n" * 2_000)
        kept = dict(hexagon.batch_store.objects)
        refused = await send(member, f"text,{columns}\n" + "hi\n" * 2_000)

        assert is_problem(refused, 422, "unreadable-file")
        assert "take more than 40000 bytes" in refused.json()["detail"]
        assert dict(hexagon.batch_store.objects) == kept


async def test_what_a_batch_is_refused_for_leaves_nothing_behind(hexagon: Hexagon) -> None:
    hexagon = Hexagon(Limits(max_batch_file_rows=5))
    async with serving(hexagon, settings=HttpSettings(max_batch_file_bytes=1_000)) as api:
        member = await api.member(credits=2)
        for response, status, name in (
            (await send(member, query="?model=none"), 404, "model-not-found"),
            (await send(member), 402, "not-enough-credits"),
            (await send(member, query="?model=tone&max_price=1"), 402, "max-price-exceeded"),
            (await send(member, query="?model=tone&most=1"), 422, "wrong-shape"),
            (await send(member, kind="application/json"), 415, "unsupported-media-type"),
            (await send(member, **{"Content-Encoding": "br"}), 415, "unsupported-media-type"),
            (await send(member, kind="multipart/form-data"), 415, "unsupported-media-type"),
            (
                await send(member, b"no form", kind="multipart/form-data; boundary=b"),
                422,
                "unreadable-file",
            ),
            (await send(member, many(6)), 422, "batch-too-long"),
            (await send(member, many(6) * 100), 413, "body-too-large"),
            (await send(member, b""), 422, "unreadable-file"),
            (await send(member, "text\n"), 422, "unreadable-file"),
            (await send(member, "txt\nhi\n"), 422, "unreadable-file"),
            (await send(member, "text\nhi\n\x00\n"), 422, "unreadable-file"),
            (await send(member, 'text\n"hi\n'), 422, "unreadable-file"),
            (await send(member, "text,id\nhi,2,3\n"), 422, "unreadable-file"),
            (await send(member, '{"text": "hi"}\nno', NDJSON), 422, "unreadable-file"),
            (await send(member, b"PAR1 is not all", PARQUET), 422, "unreadable-file"),
            (await api.client().post("/batches", content=ROWS), 401, "sign-in-required"),
        ):
            assert is_problem(response, status, name)
        assert not hexagon.batch_store.objects
        assert not hexagon.memory.state.batches
        assert (await member.get("/balance")).json() == {"available": 2, "held": 0}


async def test_a_user_has_so_many_unfinished_batches(hexagon: Hexagon) -> None:
    hexagon = Hexagon(Limits(max_batches=1))
    async with serving(hexagon) as api:
        member = await api.member(credits=100)
        await accepted(member)

        refused = await send(member)
        assert is_problem(refused, 429, "too-many-batches")
        assert refused.headers["Retry-After"]
        await hexagon.run_all()
        await accepted(member)


async def test_a_file_with_a_key_is_one_batch_however_it_is_sent(api: Api) -> None:
    """Clients draw a new boundary for each form, and gzip notes the time."""
    member = await api.member(credits=100)
    key = {"Idempotency-Key": "k"}

    async def in_a_form(rows: str, boundary: str) -> httpx.Response:
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", **key}
        return await member.post("/batches?model=tone", files={"file": ("rows.csv", rows)}, headers=headers)

    first = await accepted(member, **key)
    packed = [gzip.compress(ROWS.encode(), mtime=time) for time in (1, 2)]
    again = [await in_a_form(ROWS, boundary) for boundary in ("one", "two")]
    again += [await send(member, each, **{"Content-Encoding": "gzip"}, **key) for each in packed]
    for each in again:
        assert (each.status_code, each.headers["Idempotent-Replayed"]) == (202, "true")
        assert each.json()["id"] == first["id"]
    assert is_problem(await in_a_form(ROWS + "4,x,\n", "two"), 422, "idempotency-conflict")
    assert (await member.get("/balance")).json() == {"available": 97, "held": 3}


async def test_a_key_is_one_batch(api: Api, hexagon: Hexagon) -> None:
    member = await api.member(credits=100)
    first = await accepted(member, **{"Idempotency-Key": "k"})

    again = await send(member, **{"Idempotency-Key": "k"})
    assert again.status_code == 202
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["id"] == first["id"]
    other = await send(member, ROWS + "4,x,\n", **{"Idempotency-Key": "k"})
    assert is_problem(other, 422, "idempotency-conflict")
    assert is_problem(
        await member.post("/predictions", json={"data": {"text": "hi"}}, headers={"Idempotency-Key": "k"}),
        422,
        "idempotency-conflict",
    )
    assert (await member.get("/balance")).json() == {"available": 97, "held": 3}
    assert len({batch_id for batch_id, _ in hexagon.batch_store.objects}) == 1


async def test_batches_are_their_owners_only_and_listed_newest_first(api: Api) -> None:
    member, other = await api.member(credits=100), await api.member(credits=100)
    batches = [await accepted(member) for _ in range(3)]

    page = (await member.get("/batches?limit=2")).json()
    rest = (await member.get(f"/batches?limit=2&cursor={page['next_cursor']}")).json()
    assert [each["id"] for each in page["items"] + rest["items"]] == [each["id"] for each in batches][::-1]
    assert rest["next_cursor"] is None
    assert (await other.get("/batches")).json()["items"] == []
    urls = batches[0]["urls"]
    for call in (
        other.get(urls["self"]),
        other.get(urls["results"]),
        other.get(urls["errors"]),
        other.post(urls["cancel"]),
    ):
        assert is_problem(await call, 404, "batch-not-found")


async def take(hexagon: Hexagon, slices: int) -> None:
    """Run this many slices, as a worker of the bulk lane would. The rest waits."""
    for _ in range(slices):
        assert hexagon.queue.take_ticket()
        assert await hexagon.run_next()


async def test_results_grow_while_the_batch_runs_and_are_resumed_at_any_byte(
    api: Api, hexagon: Hexagon
) -> None:
    member = await api.member(credits=100_000)
    batch = await accepted(member, many(3 * SLICE_ROWS + 5))
    url = batch["urls"]["results"]
    nothing_yet = (await member.get(url)).content
    await take(hexagon, 2)

    begun = await member.get(url)
    now = (await member.get(batch["urls"]["self"])).json()
    assert begun.headers["Batch-Status"] == now["status"] == "processing"
    assert now["done"] == 2 * SLICE_ROWS
    assert now["ends_in"] is not None
    assert len(table(begun)) == 2 * SLICE_ROWS
    assert begun.content.startswith(nothing_yet)
    more = {"Range": f"bytes={len(begun.content)}-", "If-Range": begun.headers["ETag"]}
    too_early = await member.get(url, headers=more)
    assert too_early.status_code == 416
    assert too_early.headers["Content-Range"] == f"bytes */{len(begun.content)}"

    await hexagon.run_all()
    whole = await member.get(url)
    rest = await member.get(url, headers=more)
    assert rest.status_code == 206
    assert begun.content + rest.content == whole.content
    size = len(whole.content)
    assert rest.headers["Content-Range"] == f"bytes {len(begun.content)}-{size - 1}/{size}"
    for asked, found in (
        ("bytes=0-9", whole.content[:10]),
        ("bytes=-7", whole.content[-7:]),
        (f"bytes={SLICE_ROWS * 5}-{SLICE_ROWS * 30}", whole.content[SLICE_ROWS * 5 : SLICE_ROWS * 30 + 1]),
    ):
        part = await member.get(url, headers={"Range": asked})
        assert (part.status_code, part.content) == (206, found)
        assert part.headers["Content-Length"] == str(len(found))
    for ignored in ({"Range": "rows=1-"}, {"Range": "bytes=5-2"}, more | {"If-Range": '"other"'}):
        assert (await member.get(url, headers=ignored)).content == whole.content
    parquet = await member.get(url + "?format=parquet")
    half = await member.get(url + "?format=parquet", headers={"Range": "bytes=1000-"})
    assert half.status_code == 206
    assert half.content == parquet.content[1000:]


async def test_the_head_of_results_is_known_without_writing_them(
    api: Api, hexagon: Hexagon, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await api.member(credits=100_000)
    batch = await accepted(member, many(SLICE_ROWS))
    await hexagon.run_all()
    url = batch["urls"]["results"]
    whole = await member.get(url)

    def written(*_: object) -> NoReturn:
        raise AssertionError("nobody reads these bytes")

    monkeypatch.setattr(BatchResults, "_written", written)
    for asked in ({}, {"Range": "bytes=0-9"}):  # only a GET can ask for a range
        head = await member.head(url, headers=asked)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("ETag", "Batch-Status", "Content-Type", "Content-Disposition", "Accept-Ranges"):
            assert head.headers[name] == whole.headers[name], name


async def test_canceling_releases_what_waits_and_charges_what_is_done(api: Api, hexagon: Hexagon) -> None:
    member = await api.member(credits=100_000)
    rows = 4 * SLICE_ROWS
    batch = await accepted(member, many(rows))
    await take(hexagon, 1)

    canceled = (await member.post(batch["urls"]["cancel"])).json()

    assert canceled["status"] == "canceled"
    assert (canceled["done"], canceled["failed"], canceled["charged"]) == (
        SLICE_ROWS,
        rows - SLICE_ROWS,
        SLICE_ROWS,
    )
    assert (await member.get("/balance")).json() == {"available": 100_000 - SLICE_ROWS, "held": 0}
    found = table(await member.get(batch["urls"]["results"]))
    assert len(found) == rows
    assert found[-1]["error"] == "was not predicted: its part of the batch is canceled"
    errors = (await member.get(batch["urls"]["errors"] + "?limit=1")).json()["items"]
    assert [each["row"] for each in errors] == [SLICE_ROWS]
    assert is_problem(await member.post(batch["urls"]["cancel"]), 409, "batch-ended")
    await hexagon.run_all()
    assert (await member.get(batch["urls"]["self"])).json()["charged"] == SLICE_ROWS
    assert await hexagon.balanced()


async def test_rows_and_answers_are_deleted_after_their_time(api: Api, hexagon: Hexagon) -> None:
    member = await api.member(credits=100)
    batch = await accepted(member)
    await hexagon.run_all()
    hexagon.clock.advance(hexagon.limits.keep_batches)
    assert await hexagon.purge_batches() == 0
    hexagon.clock.advance(hexagon.limits.keep_batches)

    assert await hexagon.purge_batches() == 1

    member = api.client_of(
        next(iter(hexagon.memory.state.users.values())).user  # the earlier token has expired
    )
    assert not hexagon.batch_store.objects
    now = (await member.get(batch["urls"]["self"])).json()
    assert (now["has_data"], now["done"], now["charged"]) == (False, 3, 3)
    assert is_problem(await member.get(batch["urls"]["results"]), 410, "batch-purged")
    assert is_problem(await member.get(batch["urls"]["errors"]), 410, "batch-purged")
    assert await hexagon.purge_batches() == 0


async def test_a_closed_account_leaves_no_rows(api: Api, hexagon: Hexagon) -> None:
    member = await api.member(credits=100)
    await accepted(member)
    assert is_problem(await member.delete("/users/me?confirm=97"), 409, "predictions-under-way")
    await hexagon.run_all()
    assert (await member.delete("/users/me?confirm=97")).status_code == 204

    await hexagon.purge_batches()

    assert not hexagon.batch_store.objects


async def test_an_upload_that_breaks_off_leaves_nothing(api: Api, hexagon: Hexagon) -> None:
    member = await api.member(credits=100_000)

    async def broken() -> AsyncIterator[bytes]:
        yield many(5 * SLICE_ROWS).encode()
        raise ConnectionError("the line is dead")

    await send(member, broken())

    assert not hexagon.batch_store.objects
    assert not hexagon.memory.state.batches


async def test_a_slice_whose_rows_are_gone_fails_and_costs_nothing(api: Api, hexagon: Hexagon) -> None:
    member = await api.member(credits=100)
    batch = await accepted(member)
    hexagon.batch_store.objects.clear()

    await hexagon.run_all()

    now = (await member.get(batch["urls"]["self"])).json()
    assert (now["status"], now["failed"], now["charged"]) == ("failed", 3, 0)
    assert await hexagon.balanced()
