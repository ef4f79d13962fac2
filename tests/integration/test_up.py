"""`augury up`, as a new user runs it."""

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.catboost_models import regression_model
from tests.processes import (
    STARTS_WITHIN,
    Process,
    environment,
    eventually,
    free_port,
    open_folder,
    run,
    started,
)

TEXT = {"data": {"text": "Какой-то текст для предсказания"}}


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder in which `augury up` ran before, with its database and starter model."""
    with open_folder() as folder:
        with up(folder) as (url, process):
            assert "curl" in process.output
            httpx.get(f"{url}/health/ready").raise_for_status()
            assert process.stop(signal.SIGINT) == 0, process.output
        yield folder


@contextmanager
def up(folder: Path, **settings: object) -> Iterator[tuple[str, Process]]:
    """Run `augury up` on a free port. Yields its URL once it answers."""
    port = free_port()
    log = folder / f"up-{port}.log"
    with started("up", "--port", str(port), env=environment(**settings), cwd=folder, log=log) as process:

        def answers() -> bool:
            assert process.popen.poll() is None, process.output
            try:
                return httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200
            except httpx.TransportError:
                return False

        eventually(answers, STARTS_WITHIN, "`augury up`")
        yield f"http://127.0.0.1:{port}", process


def final(url: str, prediction_id: str) -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        prediction: dict[str, Any] = httpx.get(f"{url}/predictions/{prediction_id}").raise_for_status().json()
        return prediction if prediction["status"] not in ("queued", "processing") else None

    answer: dict[str, Any] = eventually(ended, 60, "the prediction")
    return answer


def test_a_starter_model_whose_file_is_gone_is_trained_anew(home: Path) -> None:
    for file in (home / ".augury" / "models").glob("*.cbm"):
        file.unlink()

    with up(home) as (url, process):
        accepted = httpx.post(f"{url}/predictions/predict", json=TEXT)
        assert final(url, accepted.json()["id"])["status"] == "succeeded"
        [model] = httpx.get(f"{url}/models").json()["items"]
        [version] = model["versions"]
        assert (model["name"], model["active_version"], version["row_price"]) == ("tone", 2, 1)
        assert "is gone" not in process.output


def test_migrate_names_a_model_whose_file_is_gone(home: Path, tmp_path: Path) -> None:
    file, env = regression_model(tmp_path / "churn.cbm"), environment()
    added = run("model", "add", str(file), "--name", "churn", env=env, cwd=home)
    assert added.returncode == 0, added.stderr
    for each in (home / ".augury" / "models").glob("*.cbm"):
        each.unlink()

    first, second = [run("migrate", "--starter-model", env=env, cwd=home) for _ in range(2)]
    retired = run("model", "retire", "churn@1", env=env, cwd=home)
    third = run("migrate", "--starter-model", env=env, cwd=home)

    assert "is active" in first.stdout
    assert "no starter model is needed" in second.stdout
    for told in (first, second):
        assert "the file of churn@1 is gone" in told.stderr
        assert "tone" not in told.stderr
    assert retired.returncode == 0, retired.stderr
    assert "churn" not in third.stderr


def test_the_curl_line_is_answered_and_the_prediction_is_there_soon(home: Path) -> None:
    with up(home) as (url, _):
        accepted = httpx.post(f"{url}/predictions/predict", json=TEXT)
        assert accepted.status_code == 202
        prediction = final(url, accepted.json()["id"])

    assert prediction["status"] == "succeeded"
    output = prediction["output"]
    assert output["label"] == max(output["probabilities"], key=output["probabilities"].__getitem__)
    assert sum(output["probabilities"].values()) == pytest.approx(1, abs=1e-4)


def test_a_second_one_on_the_same_folder_is_refused_in_one_line(home: Path) -> None:
    with up(home):
        refused = run("up", "--port", str(free_port()), env=environment(), cwd=home)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "another `augury up`" in refused.stderr


def test_a_taken_port_is_one_clear_line(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run("up", "--port", str(port), env=environment(), cwd=home)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert f"port {port}" in refused.stderr


def test_a_restart_finds_all_data(home: Path) -> None:
    with up(home, log_format="json") as (url, process):
        made = httpx.post(f"{url}/predictions", json=TEXT, headers={"Prefer": "wait=20"}).json()
        assert process.stop(signal.SIGTERM) == 0
        said = [json.loads(line) for line in process.output.splitlines()]
        assert f"Augury is ready at {url.replace('127.0.0.1', 'localhost')}" in [
            each["message"] for each in said
        ]
        assert {each["level"] for each in said} == {"info"}
    with up(home) as (url, _):
        assert httpx.get(f"{url}/predictions/{made['id']}").json() == made


def test_after_a_kill_in_the_middle_a_restart_finishes_what_was_accepted(home: Path) -> None:
    rows = [{"text": f"Письмо номер {number}, очень довольна"} for number in range(200)]
    # A short lease: unfinished work is taken over when its lease has ended.
    with up(home, lease=5, sweep_every=1) as (url, process):
        register = {"email": "kill@example.org", "password": "correct horse battery"}
        httpx.post(f"{url}/auth/register", json=register).raise_for_status()
        topped_up = run("user", "top-up", "kill@example.org", "10000", env=environment(), cwd=home)
        assert topped_up.returncode == 0, topped_up.stderr
        headers = authorized(url, register)
        accepted = [
            httpx.post(f"{url}/predictions", json={"data": rows}, headers=headers).raise_for_status().json()
            for _ in range(20)
        ]
        process.kill()
    with up(home, lease=5, sweep_every=1) as (url, _):
        headers = authorized(url, register)

        def all_final() -> bool:
            listed = httpx.get(f"{url}/predictions?limit=100", headers=headers).raise_for_status().json()
            done = [each["id"] for each in listed["items"] if each["status"] == "succeeded"]
            return {each["id"] for each in accepted} <= set(done)

        eventually(all_final, 90, "every accepted prediction")
        balance = httpx.get(f"{url}/balance", headers=headers).json()
        assert balance == {"available": 10000 - 20 * 200, "held": 0}
        verified = run("ledger", "verify", env=environment(), cwd=home)
    assert verified.returncode == 0, verified.stderr


def test_ctrl_c_does_not_wait_for_a_model_that_takes_its_time(home: Path) -> None:
    with up(home, fault="slow:3600") as (url, process):
        made = httpx.post(f"{url}/predictions", json=TEXT).json()
        eventually(
            lambda: httpx.get(f"{url}/predictions/{made['id']}").json()["status"] == "processing",
            30,
            "its start",
        )
        assert process.stop(signal.SIGINT) == 0, process.output
    with up(home) as (url, _):
        assert final(url, made["id"])["status"] == "succeeded"


def test_commands_find_the_embedded_database_whether_it_runs_or_not(home: Path) -> None:
    with up(home):
        running = run("model", "list", env=environment(), cwd=home)
    stopped = run("model", "list", env=environment(), cwd=home)
    assert running.returncode == stopped.returncode == 0, running.stderr + stopped.stderr
    versions = [line.split("\t") for line in running.stdout.splitlines()]
    # A test before this one may have left a retired version in the folder.
    [(name, _, task, row_price, features, sha256, text_price, reason)] = [
        version for version in versions if version[1] == "active"
    ]
    assert (name.partition("@")[0], task, row_price, features) == ("tone", "classification", "1", "1")
    assert (text_price, reason) == ("0", "")
    assert len(sha256) == 64, "nothing is cut in a pipe"
    assert running.stdout == stopped.stdout


def authorized(url: str, credentials: dict[str, str]) -> dict[str, str]:
    token = httpx.post(f"{url}/auth/token", json=credentials).raise_for_status().json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def test_webhooks_are_sent_by_the_same_process(home: Path) -> None:
    """The receiver is the service itself, which refuses the call: the try is in the log."""
    with up(home, webhook_allow="127.0.0.0/8") as (url, _), httpx.Client(base_url=url, timeout=30) as client:
        ada = {"email": "ada@example.org", "password": "correct horse"}
        client.post("/auth/register", json=ada).raise_for_status()
        token = client.post("/auth/token", json=ada).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        hook = {"url": f"{url}/auth/logout", "events": ["prediction.finished"]}
        made = client.post("/webhooks", json=hook).raise_for_status().json()["webhook"]
        client.post(f"/webhooks/{made['id']}/test").raise_for_status()

        def tried() -> dict[str, Any] | None:
            [delivery] = client.get(f"/webhooks/{made['id']}/deliveries").json()["items"]
            return delivery if delivery["tries"] else None

        delivery: dict[str, Any] = eventually(tried)
        assert (delivery["status"], delivery["status_code"]) == ("waiting", 422)
        assert delivery["next_try_at"] is not None
        assert 'augury_webhook_tries_total{outcome="answered_error"}' in client.get("/metrics").text
