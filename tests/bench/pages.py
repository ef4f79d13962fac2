"""The server time of each page beside that of the JSON route of the same data, in one run:
`uv run python -m tests.bench.pages`. Takes about a minute.

They are requested in turn, one at a time, over connections that stay open. So nothing waits in a queue. The
aims: a page takes less than 50 ms, and at most 4 times as long as its JSON route. Its weight on first load,
with all scripts and style sheets, packed as a browser gets them, is less than 150 kB.
"""

import asyncio
import re
import statistics
import sys
import time
from dataclasses import dataclass

import httpx

from augury.bootstrap.postgres.embedded import embedded_postgres
from tests.processes import Service, open_folder
from tests.rabbitmq_server import running_rabbitmq

ROUNDS, WARMING = 60, 10
EMAIL, PASSWORD = "pages@example.org", "correct horse battery"
CREDITS = "100000"
PREDICTIONS = 25
"""More than a page of them lists."""
ASSET = re.compile(r'(?:src|href)="(/app/assets/[^"]+)"')
CSRF = re.compile(r'name="csrf" value="(\w+)"')


@dataclass(frozen=True, slots=True)
class Pair:
    page: str
    json: str = ""
    """Empty for a page without data."""
    also: str = ""
    """The route of the rest of the page's data."""

    @property
    def routes(self) -> list[str]:
        return [each for each in (self.json, self.also) if each]


def pairs(prediction: str, batch: str, user: str, webhook: str) -> list[Pair]:
    """Where no route has the data of a page, as for the usage and the sessions, a similar one stands in."""
    return [
        Pair("/app/sign-in"),
        Pair("/app/register"),
        Pair("/", "/models"),
        Pair("/app/models/tone", "/models/tone"),
        Pair("/app/predictions", "/predictions"),
        Pair(f"/app/predictions/{prediction}", f"/predictions/{prediction}"),
        Pair("/app/files", "/batches"),
        Pair("/app/files/new", "/models"),
        Pair(f"/app/files/{batch}", f"/batches/{batch}", f"/batches/{batch}/results?format=csv"),
        Pair("/app/money", "/balance"),
        Pair("/app/money/statement", "/balance/transfers"),
        Pair("/app/money/usage", "/predictions?limit=100"),
        Pair("/app/account", "/users/me"),
        Pair("/app/account/close", "/users/me"),
        Pair("/app/keys", "/users/me/api-keys"),
        Pair("/app/webhooks", "/webhooks"),
        Pair(f"/app/webhooks/{webhook}", f"/webhooks/{webhook}/deliveries"),
        Pair("/app/desk/overview", "/admin/overview?range=hour"),
        Pair("/app/desk/users", "/admin/users"),
        Pair(f"/app/desk/users/{user}", f"/admin/users/{user}"),
        Pair("/app/desk/models", "/admin/models"),
        Pair("/app/desk/models/tone@1", "/admin/models/tone@1/health"),
        Pair("/app/desk/queue", "/admin/queue"),
        Pair("/app/desk/books", "/admin/ledger/checks"),
        Pair("/app/desk/webhooks", "/webhooks"),
        Pair("/app/desk/promo-codes", "/admin/promo-codes"),
        Pair("/app/desk/audit", "/admin/audit"),
    ]


async def signed_in(url: str) -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    """A browser, and a program, of the same administrator."""
    browser = httpx.AsyncClient(base_url=url, follow_redirects=True, timeout=30)
    form = CSRF.search((await browser.get("/app/sign-in")).text)
    assert form
    fields = {"csrf": form[1], "email": EMAIL, "password": PASSWORD}
    assert "/app/sign-out" in (await browser.post("/app/sign-in", data=fields)).text
    program = httpx.AsyncClient(base_url=url, timeout=30)
    answer = await program.post("/auth/token", json={"email": EMAIL, "password": PASSWORD})
    program.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return browser, program


async def filled(program: httpx.AsyncClient) -> list[Pair]:
    """Make what the pages show: predictions, a file, keys, codes."""
    made = []
    for number in range(PREDICTIONS):
        data = {"data": {"text": f"The parcel number {number} came early, I am delighted"}}
        answer = await program.post("/predictions", json=data, headers={"Prefer": "wait=30"})
        made.append(answer.raise_for_status().json()["id"])
    rows = "text\n" + "good\n" * 100
    headers = {"Content-Type": "text/csv"}
    sent = await program.post("/batches?model=tone", content=rows.encode(), headers=headers)
    batch = sent.raise_for_status().json()["id"]
    for number in range(5):
        code = {"code": f"CODE-{number}", "credits": 5, "limit": 5}
        (await program.post("/admin/promo-codes", json=code)).raise_for_status()
    hook = {"url": "https://93.184.215.14/hook", "events": ["prediction.finished"]}
    webhook = (await program.post("/webhooks", json=hook)).raise_for_status().json()["webhook"]["id"]
    users = (await program.get("/admin/users")).raise_for_status().json()["items"]
    while (await program.get(f"/batches/{batch}")).json()["status"] not in ("succeeded", "failed"):
        await asyncio.sleep(0.5)
    return pairs(made[0], batch, users[0]["id"], webhook)


async def took(client: httpx.AsyncClient, path: str) -> float:
    """Milliseconds until the whole answer is there."""
    begun = time.perf_counter()
    answer = await client.get(path)
    spent = 1_000 * (time.perf_counter() - begun)
    assert answer.status_code == 200, (path, answer.status_code)
    return spent


async def weight(client: httpx.AsyncClient, path: str) -> int:
    """Bytes of the page with everything that it loads."""
    async with client.stream("GET", path) as answer:
        text = (await answer.aread()).decode()
        loaded = answer.num_bytes_downloaded
    for name in set(ASSET.findall(text)):
        async with client.stream("GET", name) as answer:
            await answer.aread()
            loaded += answer.num_bytes_downloaded
    return loaded


async def measured(url: str) -> None:
    browser, program = await signed_in(url)
    print(f"{'page':<34}{'page, ms':>10}{'JSON, ms':>10}{'ratio':>8}{'kB':>8}")
    for pair in await filled(program):
        times = [
            (await took(browser, pair.page), sum([await took(program, each) for each in pair.routes]))
            for _ in range(WARMING + ROUNDS)
        ]
        page, json = (statistics.median(each) for each in zip(*times[WARMING:], strict=True))
        name = re.sub(r"[0-9a-f]{8}-[0-9a-f-]+", "…", pair.page)
        beside = f"{json:>10.1f}{page / json:>8.1f}" if json else f"{'–':>10}{'–':>8}"
        print(f"{name:<34}{page:>10.1f}{beside}{await weight(browser, pair.page) / 1_000:>8.1f}", flush=True)
    await browser.aclose()
    await program.aclose()


def main() -> int:
    with (
        open_folder() as folder,
        embedded_postgres(folder / "data") as database_url,
        running_rabbitmq() as rabbit,
        Service(database_url, rabbit.url, folder, {"log_level": "WARNING"}) as service,
    ):
        service.augury("migrate")
        service.augury("model", "train")
        service.augury("user", "create", EMAIL, "--password", PASSWORD, "--admin")
        service.augury("user", "top-up", EMAIL, CREDITS)
        service.api()
        service.worker()
        asyncio.run(measured(service.url))
    return 0


if __name__ == "__main__":
    sys.exit(main())
