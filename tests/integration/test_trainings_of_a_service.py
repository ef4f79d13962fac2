"""Tables that are sent to a running service, and workers that train models from them."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
import psutil
import pytest
from typing_extensions import override

from augury.application.models.ports.trainings import TrainingCanceled, TrainingFailed, TrainingWatch
from augury.cards.card import decoded
from augury.domain.training_plan import Plan
from augury.outbound.catboost.file import facts_of, open_model
from augury.outbound.process_trainer import ProcessTrainer, TrainerSettings
from tests.integration.test_model_uploads import administrator
from tests.integration.test_training import churn, written
from tests.patience import patience
from tests.processes import Service, run

PROGRAM = "augury.bootstrap.training_child"
QUICK = Plan(target="churn", time_limit=timedelta(seconds=2))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("table") / "churn.csv", churn(150))


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for begin in range(0, len(content), 10_000):
        yield content[begin : begin + 10_000]


async def test_a_child_without_memory_or_reports_fails_with_a_reason(table: Path) -> None:
    for trainer in (
        ProcessTrainer(TrainerSettings(memory=300 << 20), PROGRAM),
        ProcessTrainer(TrainerSettings(), "this"),
    ):
        with pytest.raises(TrainingFailed, match="training"):
            async with trainer.train(pieces(table.read_bytes()), "churn", QUICK, TrainingWatch()):
                pass


async def test_a_child_that_is_stopped_before_the_first_tree_is_canceled(table: Path) -> None:
    watch = TrainingWatch()
    watch.stop.set()

    with pytest.raises(TrainingCanceled):
        async with ProcessTrainer(TrainerSettings(), PROGRAM).train(
            pieces(table.read_bytes()), "churn", QUICK, watch
        ):
            pass


class AtTheFirstTree(asyncio.Event):
    """The order to stop comes when the child has already sent its first report, which nobody has read."""

    def __init__(self, report: Path) -> None:
        super().__init__()
        self._report = report

    @override
    async def wait(self) -> Literal[True]:
        self.set()
        self._report.read_bytes()  # blocks, like the event loop, until the child has sent it
        return True


async def test_a_child_whose_first_report_crosses_the_order_to_stop_is_canceled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "report"
    os.mkfifo(report)
    (tmp_path / "crossing_child.py").write_text(
        "import sys, time\n"
        "sys.stdin.readline()\n"
        "print('{\"step\": [1, 10]}', flush=True)\n"
        f"open({str(report)!r}, 'w').close()\n"
        "time.sleep(600)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    watch = TrainingWatch()
    watch.stop = AtTheFirstTree(report)

    with pytest.raises(TrainingCanceled):
        async with ProcessTrainer(TrainerSettings(), "crossing_child").train(
            pieces(b"a,churn\n"), "churn", QUICK, watch
        ):
            pass

    assert watch.done == 1


async def test_a_child_says_how_far_it_is_and_keeps_the_best_model_so_far(table: Path) -> None:
    watch = TrainingWatch()
    plan = replace(QUICK, time_limit=timedelta(minutes=10))
    trainer = ProcessTrainer(TrainerSettings(), PROGRAM)

    async def stop() -> None:
        while not watch.done:
            await asyncio.sleep(0.02)
        watch.stop.set()

    stopping = asyncio.create_task(stop())
    async with trainer.train(pieces(table.read_bytes()), "churn", plan, watch) as file:
        card = decoded(facts_of(open_model(file)).card or "")
    await stopping

    assert (card.target, card.is_interrupted) == ("churn", True)
    assert watch.done == watch.total
    assert any(str(each).startswith("note: text") for each in watch.found)
    assert not file.exists()


@pytest.fixture
def service(database_url: str, rabbitmq_url: str, tmp_path: Path) -> Iterator[Service]:
    settings: dict[str, object] = {"lease": 2, "sweep_every": 0.5, "model_check_every": 0.1}
    with Service(database_url, rabbitmq_url, tmp_path, settings) as running:
        running.augury("migrate")
        yield running


async def reached(client: httpx.AsyncClient, url: str, *states: str) -> dict[str, Any]:
    async with asyncio.timeout(120 * patience()):
        while True:
            found: dict[str, Any] = (await client.get(url)).json()
            if found["state"] in states:
                return found
            await asyncio.sleep(0.1)


async def test_a_table_becomes_a_model_that_predicts_even_if_its_worker_is_killed(
    service: Service, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    api, first = service.api(), service.worker()
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        key = await administrator(service, client)
        client.headers["Authorization"] = f"Bearer {key}"
        asked: dict[str, str | int] = {"name": "left", "target": "churn", "seconds": 2, "row_price": 2}
        sent = await client.post(
            "/admin/trainings",
            params=asked,
            content=table.read_bytes(),
            headers={"Content-Type": "text/csv"},
        )
        assert sent.status_code == 202, sent.text
        url = sent.headers["location"]
        await reached(client, url, "training")
        async with asyncio.timeout(60 * patience()):
            while not (children := psutil.Process(first.popen.pid).children(recursive=True)):
                await asyncio.sleep(0.02)
        first.kill()
        psutil.wait_procs(children, timeout=60 * patience())
        assert not any(each.is_running() for each in children), "a child ends with its worker"
        [left] = temporary.glob("augury-table-*")
        assert [each.suffix for each in left.iterdir()] == [".table"]
        worker = service.worker()

        done = await reached(client, url, "ready", "refused", "failed")
        assert (done["state"], done["model"], done["attempts"]) == ("ready", "left@1", 2), done["reason"]
        assert done["percent"] == 100
        assert not list(temporary.glob("augury-table-*")), "not even the folder of the killed worker"
        assert (await client.get(done["urls"]["card"])).json()["target"] == "churn"
        offer = (await client.get("/admin/models/left@1")).json()
        assert (offer["state"], offer["facts"]["row_price"]) == ("ready", 2)
        row = {"age": 30, "plan": "pro", "calls": 1, "signup": "2024-07-01", "note": "so glad"}
        predicted = await client.post(
            "/predictions", json={"data": row, "model": "left@1"}, headers={"Prefer": "wait=60"}
        )
        assert predicted.json()["status"] == "succeeded", predicted.text

        elsewhere = {name: each for name, each in service.env.items() if not name.startswith("AUGURY_")}
        given = "--target", "churn", "--url", service.url, "--key", key, "--seconds", "2"
        again = await asyncio.to_thread(
            run, "model", "train", str(table), *given, "--name", "left", env=elsewhere, cwd=tmp_path
        )
        assert again.returncode == 0, again.stderr
        assert "added left@1: ready" in again.stdout, "the same table by the same plan"
        assert "note: text" in again.stderr
        missing = await asyncio.to_thread(
            run, "model", "train", str(table), "--target", "gone", *given[2:], env=elsewhere, cwd=tmp_path
        )
        assert missing.returncode == 1
        assert "the training was refused: there is no column 'gone'" in missing.stderr
    assert (api.stop(signal.SIGTERM), worker.stop(signal.SIGTERM)) == (0, 0)
