"""`augury deliver` as a process."""

import asyncio
from pathlib import Path

import httpx
from asyncpg import Pool
from standardwebhooks import Webhook as Verifier

from augury.bootstrap.secret_keys import webhook_secrets
from augury.domain.webhook import EventType
from tests.adapters import postgres_adapters
from tests.contract.test_webhooks import a_webhook
from tests.integration.test_webhooks import fill, left
from tests.processes import Process, environment, free_port, run, started
from tests.webhook_receivers import receiving

KEY = "a secret of the tests, long enough to be one"


async def test_two_deliverers_send_tell_of_themselves_and_stop(
    pool: Pool, database_url: str, tmp_path: Path
) -> None:
    adapters = postgres_adapters(pool)
    hook = a_webhook(await adapters.user(), EventType.LIMIT_REACHED)
    await adapters.webhooks.add(hook, most=1)
    ports = [free_port(), free_port()]
    own = {"database_url": database_url, "secret_key": KEY, "webhook_allow": "127.0.0.0/8"}
    envs = [environment(**own, health_port=port, webhook_look_every=0.1) for port in ports]
    async with receiving(verifier=Verifier(webhook_secrets(KEY).secret(hook.id, 1))) as receiver:
        await pool.execute("UPDATE webhooks SET url = $1", f"http://127.0.0.1:{receiver.port}/")
        with (
            started("deliver", env=envs[0], log=tmp_path / "0.log") as one,
            started("deliver", env=envs[1], log=tmp_path / "1.log") as two,
        ):
            await asyncio.gather(*map(_runs, (one, two)))
            await fill(pool, hook, 300)
            while await left(pool):
                await asyncio.sleep(0.05)
            async with httpx.AsyncClient() as client:
                pages = [(await client.get(f"http://127.0.0.1:{port}/metrics")).text for port in ports]
                for port in ports:
                    assert (await client.get(f"http://127.0.0.1:{port}/health/live")).status_code == 200
            assert [await asyncio.to_thread(each.stop) for each in (one, two)] == [0, 0]

    assert len(receiver.received) == receiver.calls == 300
    delivered = 'augury_webhook_tries_total{outcome="delivered"} '
    lines = [line for page in pages for line in page.splitlines() if line.startswith(delivered)]
    assert sum(float(line.removeprefix(delivered)) for line in lines) == 300
    assert all("augury_webhook_deliveries_waiting " in page for page in pages)


async def _runs(process: Process) -> None:
    while "the deliverer is running" not in process.output:
        assert process.popen.poll() is None, process.output
        await asyncio.sleep(0.05)


def test_a_deliverer_without_its_settings_says_which_is_missing(database_url: str) -> None:
    ended = run("deliver", env=environment(database_url=database_url))
    assert ended.returncode == 1
    assert "AUGURY_SECRET_KEY is not set" in ended.stderr
    short = run("deliver", env=environment(database_url=database_url, secret_key="short"))
    assert "at least 32" in short.stderr
