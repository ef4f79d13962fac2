"""A canary is started, compared, promoted and rolled back while workers predict for many users."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.catboost_models import binary_model
from tests.integration.test_model_uploads import administrator, checked, send
from tests.integration.test_service import member
from tests.patience import patience
from tests.processes import Service

ROW = {"age": 30, "city": "Paris", "text": "good day"}
USERS = 12


@pytest.fixture
def service(database_url: str, rabbitmq_url: str, tmp_path: Path) -> Iterator[Service]:
    settings: dict[str, object] = {"model_check_every": 0.1, "sign_ins_per_minute": 1000}
    settings["registrations_per_hour"] = 1000
    with Service(database_url, rabbitmq_url, tmp_path, settings) as running:
        running.augury("migrate")
        yield running


class Load:
    """Users who predict one after the other, each all the time."""

    def __init__(self, client: httpx.AsyncClient, users: list[dict[str, str]]) -> None:
        self.client = client
        self.users = users
        self.answers: list[tuple[float, int, str]] = []
        """When a request began, whose it was, and the version that predicted."""
        self.failures: list[str] = []

    async def run(self, user: int) -> None:
        headers = self.users[user] | {"Prefer": "wait=60"}
        while True:
            began = time.monotonic()
            answer = await self.client.post(
                "/predictions", json={"data": ROW, "model": "churn"}, headers=headers
            )
            found = answer.json()
            if answer.status_code != 200 or found["status"] != "succeeded":
                self.failures.append(answer.text)
                return
            self.answers.append((began, user, found["model"]))

    def since(self, began: float) -> dict[int, Counter[str]]:
        """What each user got in requests that began later."""
        found: dict[int, Counter[str]] = {}
        for at, user, model in list(self.answers):
            if at >= began:
                found.setdefault(user, Counter())[model] += 1
        return found

    async def settled(self) -> dict[int, Counter[str]]:
        """What every user gets in requests that begin a second after now."""
        began = time.monotonic() + 1.1
        async with asyncio.timeout(120 * patience()):
            while len(found := self.since(began)) < USERS and not self.failures:
                await asyncio.sleep(0.1)
        return found


async def test_a_canary_is_started_compared_promoted_and_rolled_back_under_load(
    service: Service, tmp_path: Path
) -> None:
    service.api()
    for _ in range(2):
        service.worker()
    limits = httpx.Limits(max_connections=50)
    async with httpx.AsyncClient(base_url=service.url, timeout=90, limits=limits) as client:
        key = await administrator(service, client)
        users = [await member(service, client, f"user{number}", 100_000) for number in range(USERS)]
        admin = httpx.AsyncClient(
            base_url=service.url, timeout=90, headers={"Authorization": f"Bearer {key}"}
        )
        first = binary_model(tmp_path / "first.cbm").read_bytes()
        await send(admin, "churn", first)
        assert (await checked(admin, "churn@1"))["state"] == "active"
        await send(admin, "churn", first + b"\x00", activate="false")  # bytes after a model are passed over
        assert (await checked(admin, "churn@2"))["state"] == "ready"

        load = Load(client, users)
        running = [asyncio.create_task(load.run(number)) for number in range(USERS)]
        try:
            before = await load.settled()
            assert {version for got in before.values() for version in got} == {"churn@1"}

            started = await admin.post("/admin/models/churn@2/canary", json={"share": 0.5})
            assert started.json()["state"] == "canary"
            beside = await load.settled()
            assert all(len(got) == 1 for got in beside.values()), "a user has one version"
            versions = {user: next(iter(got)) for user, got in beside.items()}
            assert set(versions.values()) == {"churn@1", "churn@2"}

            health = (await admin.get("/admin/models/churn@2/health")).json()
            assert health["version"]["failed"] == health["active"]["failed"] == 0
            assert health["active"]["labels"]
            picture = await admin.get("/admin/models/churn@2/health.svg")
            assert picture.text.startswith("<svg")

            said = await asyncio.to_thread(service.augury, "model", "promote", "churn@2")
            assert said == "churn@2 is active\n"
            after = await load.settled()
            assert {version for got in after.values() for version in got} == {"churn@2"}

            back = await admin.post("/admin/models/churn@2/rollback")
            assert back.json()["model"] == "churn@1"
            again = await load.settled()
            assert {version for got in again.values() for version in got} == {"churn@1"}
        finally:
            for each in running:
                each.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await admin.aclose()
    assert load.failures == []
    await compared(service, load)
    assert "the books balance" in service.augury("ledger", "verify")


async def compared(service: Service, load: Load) -> None:
    """The command shows what was counted: at least every prediction that was answered."""
    answered = Counter(model for _, _, model in load.answers)
    async with asyncio.timeout(30 * patience()):
        while True:
            said = await asyncio.to_thread(service.augury, "model", "compare", "churn", "--json")
            found: dict[str, dict[str, Any]] = {each["model"]: each for each in json.loads(said)}
            if all(found[model]["predictions"] >= count for model, count in answered.items()):
                break
    assert [each["state"] for each in found.values()] == ["active", "ready"]
    assert all(each["failed"] == 0 and each["mean_ms"] > 0 for each in found.values())
    assert all("%" in each["labels"] for each in found.values())


async def test_the_commands_of_the_documentation_work(service: Service, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/rollout.md").read_text(encoding="utf-8")
    block = page.split("```\n")[1]
    for number in (1, 2):
        other = binary_model(tmp_path / "m.cbm").read_bytes() + b"\x00" * number
        (tmp_path / f"churn-{number}.cbm").write_bytes(other)
    await asyncio.to_thread(service.augury, "model", "add", str(tmp_path / "churn-1.cbm"), "--name", "churn")
    said = []
    for line in block.splitlines():
        command = line.partition("#")[0].split()
        assert command[0] == "augury"
        given = [str(tmp_path / each) if each.endswith(".cbm") else each for each in command[1:]]
        said.append(await asyncio.to_thread(service.augury, *given))

    assert said[0].startswith("added churn@2: classification")
    assert said[1] == "churn@2 serves 10 % of the users\n"
    assert said[2].splitlines()[0].startswith("churn@1\tactive")
    assert said[3] == "churn@2 is active\n"
    assert said[4] == "churn@1 serves all users\n"
