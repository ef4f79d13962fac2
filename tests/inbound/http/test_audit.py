"""The audit log over HTTP: every route of an administrator that changes something leaves one entry."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler

from augury.application.predictions.ports.queue import Task
from augury.domain.audit import Action
from augury.domain.identifiers import PredictionId, uuid7
from augury.domain.model import ModelState
from augury.domain.user import Role, User
from augury.inbound.http.routes import ADMIN_ROUTES
from augury.outbound.memory.queue import Dead, WaitingTask
from tests.hexagon import a_model
from tests.http_api import TEXT, Api, is_problem

FILE = json.dumps({"features": {"text": "text"}, "classes": ["long", "short"]}).encode()
BYTES = {"Content-Type": "application/octet-stream"}


@dataclass(frozen=True, slots=True)
class World:
    api: Api
    by: User
    admin: httpx.AsyncClient
    ada: User

    async def dead_letter(self) -> str:
        """The id of a message that could not be handled."""
        hexagon = self.api.hexagon
        made = (await self.api.client_of(self.ada).post("/predictions", json=TEXT)).json()
        task, now = Task([PredictionId(UUID(made["id"]))]), hexagon.clock.now()
        hexagon.queue.dead.append(Dead(WaitingTask(task, now), now))
        [letter] = (await self.admin.get("/admin/queue/dead")).json()["items"]
        return str(letter["id"])

    async def topped_up(self) -> str:
        """The payment of a top-up."""
        body = {"credits": 5, "payment": "invoice 1"}
        await self.admin.post(f"/admin/users/{self.ada.id}/top-up", json=body)
        return "invoice 1"

    async def predicted(self) -> str:
        """The id of a prediction that was charged."""
        made = await self.api.client_of(self.ada).post("/predictions", json=TEXT)
        await self.api.hexagon.run_all()
        return str(made.json()["id"])

    async def key(self) -> str:
        """The id of an API key of Ada's."""
        made = await self.api.client_of(self.ada).post("/users/me/api-keys", json={"name": "Ada Lovelace"})
        return str(made.json()["id"])

    async def code(self) -> None:
        body = {"code": "SPRING", "credits": 1, "limit": 1}
        await self.admin.post("/admin/promo-codes", json=body)

    def version(self, number: int, state: ModelState = ModelState.READY) -> None:
        model = a_model(version=number, active=False)
        self.api.hexagon.memory.state.models[model.ref] = model.in_state(state)

    async def canary(self) -> None:
        self.version(2)
        await self.admin.post("/admin/models/tone@2/canary", json={"share": 0.1})


Acting: TypeAlias = Callable[[World], Awaitable[httpx.Response]]
"""Does what the act needs first, and then the act itself as its last request."""


async def top_up(world: World) -> httpx.Response:
    return await world.admin.post(f"/admin/users/{world.ada.id}/top-up", json={"credits": 7})


async def take_back(world: World) -> httpx.Response:
    payment = await world.topped_up()
    return await world.admin.post(f"/admin/users/{world.ada.id}/reversal", json={"payment": payment})


async def change_role(world: World) -> httpx.Response:
    return await world.admin.patch(f"/admin/users/{world.ada.id}", json={"role": "admin"})


async def block(world: World) -> httpx.Response:
    return await world.admin.post(f"/admin/users/{world.ada.id}/block")


async def unblock(world: World) -> httpx.Response:
    return await world.admin.post(f"/admin/users/{world.ada.id}/unblock")


async def revoke_key(world: World) -> httpx.Response:
    return await world.admin.delete(f"/admin/users/{world.ada.id}/api-keys/{await world.key()}")


async def change_model(world: World) -> httpx.Response:
    return await world.admin.patch("/admin/models/tone@1", json={"row_price": 4})


async def send_model(world: World) -> httpx.Response:
    return await world.admin.post("/admin/models?name=churn", content=FILE, headers=BYTES)


async def train(world: World) -> httpx.Response:
    url, csv = "/admin/trainings?name=churn&target=b", {"Content-Type": "text/csv"}
    return await world.admin.post(url, content=b"a,b\n1,x\n2,y\n", headers=csv)


async def cancel_training(world: World) -> httpx.Response:
    training = (await train(world)).json()
    return await world.admin.post(f"/admin/trainings/{training['id']}/cancel")


async def start_canary(world: World) -> httpx.Response:
    world.version(2)
    return await world.admin.post("/admin/models/tone@2/canary", json={"share": 0.1})


async def promote(world: World) -> httpx.Response:
    await world.canary()
    return await world.admin.post("/admin/models/tone@2/promote")


async def roll_back(world: World) -> httpx.Response:
    await world.canary()
    return await world.admin.post("/admin/models/tone@2/rollback")


async def refund(world: World) -> httpx.Response:
    return await world.admin.post(f"/admin/predictions/{await world.predicted()}/refund")


async def create_code(world: World) -> httpx.Response:
    body = {"code": "AUTUMN", "credits": 1, "limit": 1}
    return await world.admin.post("/admin/promo-codes", json=body)


async def change_code(world: World) -> httpx.Response:
    await world.code()
    return await world.admin.patch("/admin/promo-codes/SPRING", json={"disabled": True})


async def replay(world: World) -> httpx.Response:
    await world.dead_letter()
    return await world.admin.post("/admin/queue/replay")


async def replay_one(world: World) -> httpx.Response:
    return await world.admin.post(f"/admin/queue/dead/{await world.dead_letter()}/replay")


async def drop(world: World) -> httpx.Response:
    await world.dead_letter()
    return await world.admin.delete("/admin/queue/dead?limit=5")


async def check_books(world: World) -> httpx.Response:
    return await world.admin.post("/admin/ledger/checks")


async def drop_one(world: World) -> httpx.Response:
    return await world.admin.delete(f"/admin/queue/dead/{await world.dead_letter()}")


ACTS: Mapping[str, tuple[Action, Acting]] = {
    "POST /admin/users/{user_id:uuid}/top-up": (Action.TOP_UP, top_up),
    "POST /admin/users/{user_id:uuid}/reversal": (Action.TAKE_BACK, take_back),
    "PATCH /admin/users/{user_id:uuid}": (Action.CHANGE_ROLE, change_role),
    "POST /admin/users/{user_id:uuid}/block": (Action.BLOCK, block),
    "POST /admin/users/{user_id:uuid}/unblock": (Action.UNBLOCK, unblock),
    "DELETE /admin/users/{user_id:uuid}/api-keys/{key_id:uuid}": (Action.REVOKE_KEY, revoke_key),
    "PATCH /admin/models/{ref:str}": (Action.CHANGE_MODEL, change_model),
    "POST /admin/models": (Action.UPLOAD_MODEL, send_model),
    "POST /admin/trainings": (Action.TRAIN_MODEL, train),
    "POST /admin/trainings/{training_id:uuid}/cancel": (Action.CANCEL_TRAINING, cancel_training),
    "POST /admin/models/{ref:str}/canary": (Action.START_CANARY, start_canary),
    "POST /admin/models/{ref:str}/promote": (Action.PROMOTE_MODEL, promote),
    "POST /admin/models/{ref:str}/rollback": (Action.ROLL_BACK_MODEL, roll_back),
    "POST /admin/predictions/{prediction_id:uuid}/refund": (Action.REFUND, refund),
    "POST /admin/promo-codes": (Action.CREATE_PROMO_CODE, create_code),
    "PATCH /admin/promo-codes/{code:str}": (Action.CHANGE_PROMO_CODE, change_code),
    "POST /admin/queue/replay": (Action.REPLAY, replay),
    "POST /admin/queue/dead/{letter_id:str}/replay": (Action.REPLAY, replay_one),
    "POST /admin/ledger/checks": (Action.CHECK_LEDGER, check_books),
    "DELETE /admin/queue/dead": (Action.DROP, drop),
    "DELETE /admin/queue/dead/{letter_id:str}": (Action.DROP, drop_one),
}


def writing_routes() -> list[str]:
    handlers = [each for each in ADMIN_ROUTES if isinstance(each, HTTPRouteHandler)]
    return [
        f"{method} {path}"
        for each in handlers
        for path in each.paths
        for method in each.http_methods
        if method not in ("GET", "HEAD", "OPTIONS")
    ]


def test_every_route_of_an_administrator_that_writes_has_its_act_here() -> None:
    """A new route fails here until it has one, and below until it leaves an entry."""
    assert sorted(writing_routes()) == sorted(ACTS)


@pytest.mark.parametrize("route", ACTS)
async def test_each_act_of_an_administrator_leaves_exactly_one_entry(api: Api, route: str) -> None:
    by, ada = (
        await api.hexagon.user(role=Role.ADMIN),
        await api.hexagon.user(credits=5, email="ada@example.org"),
    )
    world = World(api, by, api.client_of(by), ada)
    action, acting = ACTS[route]
    counted: list[int] = []

    async def count(request: httpx.Request) -> None:
        request.headers["X-Request-Id"] = f"request-{len(counted)}"
        counted.append(len(api.hexagon.memory.state.audit_log))

    world.admin.event_hooks["request"].append(count)

    done = await acting(world)

    assert done.is_success, done.text
    entries = sorted(api.hexagon.memory.state.audit_log.values(), key=lambda each: each.id)
    assert len(entries) == counted[-1] + 1
    act = entries[-1].act
    assert act.action is action
    assert (act.author.user_id, act.author.request_id) == (by.id, f"request-{len(counted) - 1}")
    assert not any(word in repr(act) for word in ("ada@example.org", "Lovelace", "invoice"))
    [shown] = (await api.client_of(by).get("/admin/audit?limit=1")).json()["items"]
    assert (shown["actor"], shown["action"], shown["subject"]) == (str(by.id), action, act.subject)


async def test_what_fails_or_is_repeated_leaves_no_entry(api: Api) -> None:
    admin, ada = await api.admin(), await api.hexagon.user()
    url, once = f"/admin/users/{ada.id}/top-up", {"Idempotency-Key": "once"}
    for _ in range(3):
        await admin.post(url, json={"credits": 7}, headers=once)
    await admin.post(url, json={"credits": 7, "payment": "a"})
    await admin.post(url, json={"credits": 8, "payment": "a"})
    await admin.post(f"/admin/users/{uuid7()}/block")
    await admin.patch("/admin/promo-codes/NONE", json={"disabled": True})
    await admin.post("/admin/models/tone@1/promote")
    await admin.patch("/admin/models/tone@9", json={"row_price": 2})
    await admin.delete("/admin/queue/dead/none")

    actions = [each.act.action for each in api.hexagon.memory.state.audit_log.values()]
    assert actions == [Action.TOP_UP, Action.TOP_UP, Action.PROMOTE_MODEL]


async def test_an_entry_says_what_changed(api: Api) -> None:
    by, ada = await api.hexagon.user(role=Role.ADMIN), await api.hexagon.user(credits=5)
    admin = api.client_of(by)
    await admin.post(f"/admin/users/{ada.id}/top-up", json={"credits": 7, "payment": "invoice of Ada"})
    await admin.patch("/admin/models/tone@1", json={"row_price": 4})

    model, money = (await admin.get("/admin/audit")).json()["items"]

    assert (money["before"], money["after"]["available"]) == ({"available": 5, "debt": 0}, 12)
    assert (money["subject"], money["user_id"]) == (f"user:{ada.id}", str(ada.id))
    assert (model["before"], model["after"]) == ({"row_price": 1}, {"row_price": 4})
    assert (model["subject"], model["user_id"]) == ("model:tone@1", None)


async def test_the_log_comes_in_pages_and_is_filtered(api: Api) -> None:
    by, ada = await api.hexagon.user(role=Role.ADMIN), await api.hexagon.user()
    admin = api.client_of(by)
    for _ in range(3):
        await admin.post(f"/admin/users/{ada.id}/block")
        await admin.post(f"/admin/users/{ada.id}/unblock")

    whole = (await admin.get("/admin/audit")).json()["items"]
    first = (await admin.get("/admin/audit?limit=4")).json()
    rest = (await admin.get("/admin/audit", params={"cursor": first["next_cursor"]})).json()
    blocks = (await admin.get(f"/admin/audit?action=user.block&user={ada.id}&actor={by.id}")).json()
    others = (await admin.get(f"/admin/audit?subject=user:{by.id}")).json()

    assert len(whole) == 6
    assert first["items"] + rest["items"] == whole
    assert [each["action"] for each in blocks["items"]] == ["user.block"] * 3
    assert others == {"items": [], "next_cursor": None}


async def test_only_administrators_read_it_and_wrong_filters_are_refused(api: Api) -> None:
    assert is_problem(await (await api.member()).get("/admin/audit"), 403, "not-allowed")
    admin = await api.admin()
    for query in ("action=nothing", "user=x", "cursor=x", "limit=0"):
        assert is_problem(await admin.get(f"/admin/audit?{query}"), 422, "wrong-shape")


async def test_an_own_act_of_a_user_is_no_act_of_an_operator(api: Api) -> None:
    ada = await api.hexagon.user(credits=5)
    client = api.client_of(ada)
    made = (await client.post("/users/me/api-keys", json={"name": "own"})).json()
    await client.delete(f"/users/me/api-keys/{made['id']}")
    await client.post("/auth/password", json={"current": "correct horse", "new": "another horse"})

    assert not api.hexagon.memory.state.audit_log
