"""The usual client of the Open Inference Protocol, unmodified, against API and worker as processes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import numpy as np
import pytest
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from catboost import Pool
from tritonclient.utils import InferenceServerException

from augury.domain.model import ModelRef
from augury.outbound.model_store import FolderModelStore
from augury.outbound.postgres.models import PostgresModels
from tests.catboost_models import binary_model, many_classes_model, numeric_pool, registered, train
from tests.documented import printed_by
from tests.integration.test_service import member
from tests.processes import Service

ROWS = 60
TARGET = np.random.default_rng(3).uniform(1, 4, size=ROWS)
FLAGS = np.arange(ROWS) % 2
NUMBERS = {"x": np.array([0.5, np.nan, -2.0]), "y": np.array([1.5, 2.5, 3.5])}


@pytest.fixture
async def service(
    database_url: str, pool: asyncpg.Pool, rabbitmq_url: str, tmp_path: Path
) -> AsyncIterator[Service]:
    """A model of each kind of answer; together they take every kind of feature but dates."""
    embeddings = [[float(row % 2), float(row % 3), 0.5] for row in range(ROWS)]
    vectors = Pool(
        [[each] for each in embeddings],
        FLAGS,
        embedding_features=[0],
        feature_names=["vector"],
    )
    quantiles, groups = numeric_pool(target=TARGET), np.repeat(np.arange(6), 10)
    files = {
        "tone": many_classes_model(tmp_path / "tone.cbm"),
        "mixed": binary_model(tmp_path / "mixed.cbm"),
        "vector": train(vectors, tmp_path / "vector.cbm"),
        "quantiles": train(quantiles, tmp_path / "q.cbm", loss="MultiQuantile:alpha=0.1,0.9"),
        "uncertain": train(quantiles, tmp_path / "u.cbm", loss="RMSEWithUncertainty"),
        "rank": train(numeric_pool(target=FLAGS, group_id=groups), tmp_path / "r.cbm", loss="YetiRank"),
        "labels": train(
            numeric_pool(target=np.stack([FLAGS, 1 - FLAGS], axis=1)), tmp_path / "l.cbm", loss="MultiLogloss"
        ),
    }
    with Service(database_url, rabbitmq_url, tmp_path) as running:
        store, models = FolderModelStore(tmp_path / "models"), PostgresModels(pool)
        for name, file in files.items():
            await models.add(replace(await registered(file, store), ref=ModelRef(name, 1)))
        running.api()
        running.worker()
        yield running


def given(
    name: str, values: np.ndarray[Any, Any], datatype: str, *, binary: bool = True
) -> triton.InferInput:
    return triton.InferInput(name, values.shape, datatype).set_data_from_numpy(values, binary_data=binary)


def numbers(*, binary: bool = True, datatype: str = "FP64") -> list[triton.InferInput]:
    kind = {"FP64": np.float64, "FP32": np.float32}[datatype]
    return [given(name, each.astype(kind), datatype, binary=binary) for name, each in NUMBERS.items()]


async def test_the_usual_client_works_unmodified_and_pays_as_everybody(service: Service) -> None:
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as http:
        http.headers.update(await member(service, http, "program", 1_000))
        made = (await http.post("/users/me/api-keys", json={"name": "program"})).raise_for_status().json()
        headers = {"Authorization": f"Bearer {made['key']}"}
        await asyncio.to_thread(use_every_kind, service, headers)
        said = await asyncio.to_thread(printed_by, "inference-protocol.md", url=service.url, key=made["key"])
        assert "'charged': 2" in said

        rest = await http.post(
            "/predictions",
            json={
                "model": "quantiles",
                "data": [{"x": 0.5, "y": 1.5}, {"x": None, "y": 2.5}, {"x": -2.0, "y": 3.5}],
            },
            headers={"Prefer": "wait=60"},
        )
        client = triton_aio.InferenceServerClient(service.url.removeprefix("http://"))
        answers = await asyncio.gather(
            *(
                client.infer("quantiles", numbers(), headers=dict(headers), request_id="one")
                for _ in range(20)
            )
        )
        await client.close()

        expected = [list(each["values"].values()) for each in rest.json()["output"]]
        for answer in answers:
            np.testing.assert_array_equal(answer.as_numpy("values"), expected)
        ids = {answer.get_response()["parameters"]["prediction_id"] for answer in answers}
        assert len(ids) == 1, "one `id` is one prediction"
        balance = (await http.get("/balance")).json()
        charged = 1_000 - balance["available"]
        page = (await http.get("/predictions?limit=100")).json()["items"]
        assert charged == sum(each["charged"] for each in page)
        assert balance["held"] == 0
    assert "the books balance" in service.augury("ledger", "verify")


def use_every_kind(service: Service, headers: dict[str, str]) -> None:
    with triton.InferenceServerClient(service.url.removeprefix("http://")) as client:
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.get_server_metadata()["name"] == "augury"
        assert client.is_model_ready("tone")
        assert client.is_model_ready("tone", "1")
        assert not client.is_model_ready("tune")
        use_texts(client, headers)
        use_mixed(client, headers)
        use_numbers(client, headers)
        be_refused(client, headers)


def use_texts(client: triton.InferenceServerClient, headers: dict[str, str]) -> None:
    told = client.get_model_metadata("tone")
    assert [each["name"] for each in told["outputs"]] == ["label", "probabilities", "error"]
    texts = np.array(["good day", "bad day"], dtype=object)
    for values in (texts, texts.reshape(2, 1)):
        for binary in (True, False):
            inputs = [given("text", values, "BYTES", binary=binary)]
            answer = client.infer("tone", inputs, "1", headers=dict(headers), request_id="a")
            assert list(answer.as_numpy("label")) == ["positive", "negative"]
            probabilities = answer.as_numpy("probabilities")
            assert probabilities.shape == (2, 3)
            np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-4)
            said = answer.get_response()
            assert (said["id"], said["parameters"]["charged"]) == ("a", 2), "the same request, charged once"
    vectors = np.array([[1, 2, 0.5], [0, 1, 0.5]], dtype=np.float32)
    answer = client.infer("vector", [given("vector", vectors, "FP32")], headers=dict(headers))
    assert answer.as_numpy("probabilities").shape == (2, 2)


def use_mixed(client: triton.InferenceServerClient, headers: dict[str, str]) -> None:
    inputs = [
        given("age", np.array([33.0, np.nan, np.inf], dtype=np.float32), "FP32"),
        given("city", np.array(["Paris", "Oslo", "Rome"], dtype=object), "BYTES"),
        given("text", np.array([b"good day", "хороший день".encode(), b"x"], dtype=object), "BYTES"),
    ]
    wanted = [triton.InferRequestedOutput(name) for name in ("label", "error")]
    answer = client.infer("mixed", inputs, headers=dict(headers), outputs=wanted)
    assert list(answer.as_numpy("label")) == ["1", "0", ""]
    assert list(answer.as_numpy("error")) == ["", "", "`age` must be a finite number"]
    assert answer.as_numpy("probabilities") is None
    assert answer.get_response()["parameters"]["charged"] == 2


def use_numbers(client: triton.InferenceServerClient, headers: dict[str, str]) -> None:
    forms = [numbers(), numbers(binary=False), numbers(datatype="FP32")]
    outputs: dict[str, dict[str, tuple[int, ...]]] = {
        "quantiles": {"values": (3, 2)},
        "uncertain": {"value": (3,), "standard_deviation": (3,)},
        "rank": {"value": (3,), "rank": (3,)},
        "labels": {"labels": (3, 2), "probabilities": (3, 2)},
    }
    for model, shapes in outputs.items():
        told = {each["name"]: each for each in client.get_model_metadata(model)["outputs"]}
        answers = [client.infer(model, form, headers=dict(headers)) for form in forms]
        for name, shape in shapes.items():
            found = [answer.as_numpy(name) for answer in answers]
            assert found[0].shape == shape
            assert told[name]["shape"] == [-1, *shape[1:]]
            for other in found[1:]:
                np.testing.assert_array_equal(found[0], other)
    groups = given("group", np.array(["a", "b", "b"], dtype=object), "BYTES")
    answer = client.infer("rank", [*numbers(), groups], headers=dict(headers))
    assert sorted(answer.as_numpy("rank")[1:]) in ([1, 2], [1, 1])
    assert answer.as_numpy("rank").dtype == np.int64


def be_refused(client: triton.InferenceServerClient, headers: dict[str, str]) -> None:
    inputs = [given("text", np.array(["a"], dtype=object), "BYTES")]
    refusals: list[tuple[str, str, dict[str, Any]]] = [
        ("401", "account", {"headers": {}}),
        ("401", "API key", {"headers": {"Authorization": "Bearer aug_wrong"}}),
        ("402", "`max_price`", {"headers": headers, "parameters": {"max_price": 0}}),
        ("422", "conflict|another request", {"headers": headers, "request_id": "a"}),
    ]
    for status, words, arguments in refusals:
        with pytest.raises(InferenceServerException, match=words) as refused:
            client.infer("tone", inputs, **arguments)
        assert refused.value.status() == status
    with pytest.raises(InferenceServerException, match="No model"):
        client.infer("tune", inputs, headers=dict(headers))
