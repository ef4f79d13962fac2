"""Customers who use the service through its API while something breaks, and remember every answer."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from tests.catboost_models import WORDS
from tests.chaos.world import World

PASSWORD = "correct horse battery"
ADMIN = "admin@example.org"
PATIENCE = 30.0
"""Seconds that any answer may take, in addition to the seconds of `Prefer: wait`."""
FINAL = {"succeeded", "failed", "canceled", "expired"}
FUNDS = 100_000
CODES = {"FIRST": (7, 1_000), "SECOND": (11, 1_000), "SCARCE": (13, 2)}
"""Promo codes: the credits of each, and how often it may be redeemed in all."""


class Plain(random.Random):
    """Dice for an order of one row with a key. Nobody waits for it, repeats, reads or cancels it."""

    def random(self) -> float:
        return 0.6


PLAIN = Plain()


@dataclass
class Order:
    """One prediction that a customer wanted: the request, and all answers."""

    customer: "Customer"
    tag: str
    body: dict[str, Any]
    rows: int
    valid: int
    key: str | None
    id: str | None = None
    refused: int | None = None
    """The status of a definite refusal."""
    called_off: bool = False
    """Whether its cancellation was requested."""
    canceled: bool = False
    """Whether that was answered with 200."""
    answers: list[dict[str, Any]] = field(default_factory=list)
    """Every state of it that an answer has shown."""

    def note(self, answer: dict[str, Any]) -> None:
        assert self.id in (None, answer["id"]), f"one key, two predictions: {self.id} and {answer['id']}"
        self.id = answer["id"]
        self.answers.append(answer)


@dataclass
class Customer:
    """Somebody with a credential and credits."""

    id: str
    email: str
    headers: dict[str, str]
    funds: int = 0
    """The credits that were added to the balance and confirmed."""
    orders: list[Order] = field(default_factory=list)
    redeemed: set[str] = field(default_factory=set)
    """Promo codes whose credits were confirmed."""


class Customers:
    """All customers of this scenario. `improper` collects answers that must never occur."""

    def __init__(self, world: World, seed: str, *, model: str | None = None) -> None:
        self.world = world
        self.seed = seed
        self.model = model
        self.people: list[Customer] = []
        self.improper: list[str] = []
        self.tried = 0
        """Requests that were sent, repetitions included."""
        self._stop = asyncio.Event()
        self._client = httpx.AsyncClient(
            base_url=world.url, timeout=PATIENCE, limits=httpx.Limits(max_connections=200)
        )
        self._admin: dict[str, str] = {}
        self._tags = 0
        self._times_busy = 0

    @property
    def orders(self) -> list[Order]:
        return [order for person in self.people for order in person.orders]

    @property
    def accepted(self) -> list[Order]:
        return [order for order in self.orders if order.id]

    async def arrive(self, count: int) -> None:
        """Register `count` customers. The administrator tops up their balances."""
        if not self._admin:
            self._admin = await self._token(ADMIN)
            for code, (worth, limit) in CODES.items():
                body = {"code": code, "credits": worth, "limit": limit}
                made = await self._client.post("/admin/promo-codes", json=body, headers=self._admin)
                made.raise_for_status()
        known = len(self.people)
        self.people += await asyncio.gather(*map(self._register, range(known, known + count)))

    async def _register(self, number: int) -> Customer:
        email = f"customer{number}@example.org"
        body = {"email": email, "password": PASSWORD}
        registered = (await self._client.post("/auth/register", json=body)).raise_for_status()
        person = Customer(registered.json()["id"], email, await self._token(email))
        await self.top_up(person, FUNDS, random.Random(f"{self.seed} {number}"))
        return person

    async def _token(self, email: str) -> dict[str, str]:
        body = {"email": email, "password": PASSWORD}
        answer = (await self._client.post("/auth/token", json=body)).raise_for_status()
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    @asynccontextmanager
    async def busy(self, at_once: int = 2) -> AsyncIterator[None]:
        """Keep every customer busy while the block runs, with `at_once` orders at a time. Then they
        finish."""
        self._stop = asyncio.Event()
        self._times_busy += 1
        # Other dice each time: the same ones would report the same payments, which count once.
        dice = f"{self.seed} {self._times_busy}"
        tasks = [
            asyncio.create_task(self._live(person, random.Random(f"{dice} {person.email} {lane}")))
            for person in self.people
            for lane in range(at_once)
        ]
        try:
            yield
        finally:
            self._stop.set()
            await asyncio.gather(*tasks)

    async def close(self) -> None:
        await self._client.aclose()

    async def _live(self, person: Customer, dice: random.Random) -> None:
        while not self._stop.is_set():
            what = dice.random()
            if what < 0.05:
                await self.top_up(person, dice.randint(1, 50), dice)
            elif what < 0.1:
                await self.redeem(person, dice.choice(list(CODES)), dice)
            else:
                await self.order(person, dice)

    async def order(self, person: Customer, dice: random.Random) -> Order:
        """Request a prediction until there is a definite answer. Then read it, cancel it, or do nothing."""
        order = self.new_order(person, dice)
        wait = dice.randint(1, 3) if dice.random() < 0.3 else 0
        if order.key and dice.random() < 0.2:
            await asyncio.gather(self.submit(order, wait), self.submit(order, wait))
        else:
            await self.submit(order, wait)
        if order.id:
            if dice.random() < 0.15:
                await self._cancel(order)
            elif dice.random() < 0.2:
                answer = await self._ask("GET", f"/predictions/{order.id}", person.headers)
                if answer.status_code == 200:
                    order.note(answer.json())
        return order

    def new_order(self, person: Customer, dice: random.Random, *, more: int = 0) -> Order:
        """`more` rows besides the first. With 0, the dice decide: up to seven."""
        self._tags += 1
        tag = f"tag{self._tags:06}end"
        data: Any = {"text": f"{dice.choice(WORDS)} {tag}"}
        rows = valid = 1
        if more or dice.random() < 0.3:
            data = [data] + [
                {"text": dice.choice(WORDS)} if dice.random() < 0.7 else {"text": 7}
                for _ in range(more or dice.randint(1, 7))
            ]
            rows, valid = len(data), sum(isinstance(row["text"], str) for row in data)
        body = {"data": data} | ({"model": self.model} if self.model else {})
        key = f"order {tag}" if dice.random() < 0.85 else None
        order = Order(person, tag, body, rows, valid, key)
        person.orders.append(order)
        return order

    async def submit(self, order: Order, wait: int = 0) -> None:
        """Send the request until there is a definite answer. Without a key, send it only once."""
        headers = order.customer.headers | ({"Prefer": f"wait={wait}"} if wait else {})
        if order.key:
            headers["Idempotency-Key"] = order.key
        while True:
            try:
                answer = await self._ask("POST", "/predictions", headers, order.body, repeat=False)
            except httpx.TransportError:
                if order.key is None:
                    return
                await asyncio.sleep(0.2)
                continue
            if answer.status_code in (200, 202):
                order.note(answer.json())
                return
            if answer.status_code not in (429, 503):
                order.refused = answer.status_code
                return
            if order.key is None:
                return
            await asyncio.sleep(0.2)

    async def _cancel(self, order: Order) -> None:
        order.called_off = True
        answer = await self._ask("POST", f"/predictions/{order.id}/cancel", order.customer.headers)
        if answer.status_code == 200:
            order.note(answer.json())
            order.canceled = True
        elif answer.status_code != 409:
            self.improper.append(f"cancel: {answer.status_code} {answer.text[:200]}")

    async def top_up(self, person: Customer, credits: int, dice: random.Random) -> None:
        """Have a payment credited. About half of the payments are reported twice."""
        body = {"credits": credits, "payment": str(UUID(int=dice.getrandbits(128), version=4))}
        headers = self._admin | {"Idempotency-Key": f"payment {body['payment']}"}
        for _ in range(dice.choice((1, 1, 2))):
            answer = await self._ask("POST", f"/admin/users/{person.id}/top-up", headers, body)
            if answer.status_code != 200:
                self.improper.append(f"top-up: {answer.status_code} {answer.text[:200]}")
                return
        person.funds += credits

    async def redeem(self, person: Customer, code: str, dice: random.Random) -> None:
        """Redeem a promo code, perhaps repeatedly, perhaps under another key. It counts once."""
        key = f"redeem {code}" + dice.choice(("", "", f" {dice.getrandbits(32)}"))
        headers = person.headers | {"Idempotency-Key": key}
        for _ in range(dice.choice((1, 2))):
            answer = await self._ask("POST", "/balance/redeem", headers, {"code": code})
            if answer.status_code == 200 and code not in person.redeemed:
                person.redeemed.add(code)
                person.funds += CODES[code][0]
            elif answer.status_code not in (200, 409):
                self.improper.append(f"redeem: {answer.status_code} {answer.text[:200]}")

    async def _ask(
        self, method: str, path: str, headers: dict[str, str], body: object = None, *, repeat: bool = True
    ) -> httpx.Response:
        """One answer. With `repeat`, repeats the request until the answer is definite."""
        while True:
            self.tried += 1
            try:
                answer = await self._client.request(method, path, headers=headers, json=body)
                self._check(method, path, answer)
                if not repeat or answer.status_code not in (429, 503):
                    return answer
            except httpx.ReadTimeout:
                self.improper.append(f"{method} {path} had no answer after {PATIENCE:g} s")
                if not repeat:
                    raise
            except httpx.TransportError:
                if not repeat:
                    raise
            await asyncio.sleep(0.2)

    def _check(self, method: str, path: str, answer: httpx.Response) -> None:
        """Check that the answer has a documented form, whatever is broken."""
        kind = answer.headers.get("content-type", "")
        problem = answer.status_code >= 400 and not kind.startswith("application/problem+json")
        if answer.status_code == 500 or problem or "Traceback" in answer.text:
            self.improper.append(f"{method} {path}: {answer.status_code} {kind} {answer.text[:300]}")

    async def stored(self, orders: Sequence[Order]) -> list[dict[str, Any]]:
        """The current state of these orders, in the same order."""
        few = asyncio.Semaphore(16)

        async def read(order: Order) -> dict[str, Any]:
            async with few:
                answer = await self._ask("GET", f"/predictions/{order.id}", order.customer.headers)
                assert answer.status_code == 200, f"{order.id}: {answer.status_code} {answer.text[:200]}"
                found: dict[str, Any] = answer.json()
                return found

        return list(await asyncio.gather(*map(read, orders)))
