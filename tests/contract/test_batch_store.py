"""The store of batches' slices: in memory, in PostgreSQL, and in a bucket."""

from uuid import uuid4

import pytest
from asyncpg import Pool

from augury.application.batches.ports import BatchStore, NotStored, input_name, output_name
from augury.application.ports import Unavailable
from augury.domain.identifiers import BatchId, uuid7
from augury.outbound.memory.batches import MemoryBatchStore
from augury.outbound.object_store import ObjectBatchStore
from augury.outbound.postgres.batch_store import PostgresBatchStore
from tests.processes import free_port
from tests.s3_server import SECRET, s3_server


@pytest.fixture(params=["memory", "postgres", "s3", "s3 with a path"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> BatchStore:
    if request.param == "memory":
        return MemoryBatchStore()
    if request.param == "postgres":
        pool: Pool = request.getfixturevalue("pool")
        return PostgresBatchStore(pool)
    server = s3_server()
    for name, value in server.env.items():
        monkeypatch.setenv(name, value)
    url = server.bucket(f"bucket-{uuid4().hex}")
    return ObjectBatchStore(f"{url}/below/this" if "path" in request.param else url)


async def test_a_store_that_answers_is_said_to(store: BatchStore) -> None:
    await store.ping()


async def test_objects_are_kept_replaced_and_deleted(store: BatchStore) -> None:
    mine, others = BatchId(uuid7()), BatchId(uuid7())
    content = bytes(range(256)) * 10_000
    for number in range(3):
        await store.put(mine, input_name(number), content)
    await store.put(mine, output_name(0), b"first")
    await store.put(mine, output_name(0), b"")
    await store.put(others, input_name(0), b"others'")

    assert await store.get(mine, input_name(2)) == content
    assert await store.get(mine, output_name(0)) == b""
    with pytest.raises(NotStored):
        await store.get(mine, output_name(1))
    assert await store.delete(mine, at_most=2, prefix="input/") == 2
    assert await store.delete(mine, at_most=2, prefix="input/") == 1
    assert await store.get(mine, output_name(0)) == b""
    assert await store.delete(mine, at_most=100) == 1
    assert await store.delete(mine, at_most=100) == 0
    assert await store.get(others, input_name(0)) == b"others'"


async def test_a_prefix_need_not_be_a_folder(store: BatchStore) -> None:
    batch_id = BatchId(uuid7())
    for name in ("sheet", "input/000001", "input/000002", "input/100000"):
        await store.put(batch_id, name, b"x")

    assert await store.delete(batch_id, at_most=10, prefix="input/00000") == 2
    assert await store.delete(batch_id, at_most=10, prefix="sh") == 1
    assert await store.delete(batch_id, at_most=10) == 1


async def test_a_bucket_that_is_missing_or_away_is_unavailable_and_tells_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = s3_server()
    for name, value in server.env.items():
        monkeypatch.setenv(name, value)
    batch_id = BatchId(uuid7())
    missing = ObjectBatchStore(f"s3://nowhere-{uuid4().hex}")
    with pytest.raises(Unavailable):
        await missing.put(batch_id, "sheet", b"x")
    with pytest.raises(Unavailable) as no_bucket:  # not `NotStored`, which fails a slice for good
        await missing.get(batch_id, "sheet")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    away = ObjectBatchStore("s3://away")
    with pytest.raises(Unavailable) as no_server:
        await away.get(batch_id, "sheet")

    for error in (no_bucket, no_server):
        assert "the store of batches (s3://" in str(error.value)
        assert SECRET not in repr(error.getrepr(style="long"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "s3://",
        "https://bucket",
        "file:///tmp",
        "s3://key:very-secret@bucket",
        "s3://b?secret=very-secret",
    ],
)
def test_a_url_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="must") as refused:
        ObjectBatchStore(url)

    assert "very-secret" not in str(refused.value)
