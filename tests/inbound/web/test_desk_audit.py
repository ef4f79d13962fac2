"""Every act on the desk leaves exactly one entry of the audit log, with its author and the request's id."""

import json
import re
from collections.abc import Mapping
from uuid import UUID

import httpx
from litestar.handlers import HTTPRouteHandler

from augury.application.predictions.ports.queue import Task
from augury.domain.audit import Action
from augury.domain.identifiers import PredictionId, uuid7
from augury.domain.user import Role
from augury.inbound.web.operator.routes import ROUTES
from augury.inbound.web.texts import texts
from augury.outbound.memory.queue import Dead, WaitingTask
from tests.hexagon import PASSWORD
from tests.http_api import TEXT
from tests.inbound.web.site import Site, Visitor

FILES = {
    "/app/desk/models": (
        "m.cbm",
        json.dumps({"features": {"text": "text"}, "classes": ["long", "short"]}).encode(),
    ),
    "/app/desk/trainings": ("churn.csv", b"age,calls,churn\n1,2,no\n"),
}
USER, VERSION = "/app/desk/users/{user_id:uuid}", "/app/desk/models/{ref:str}"
ACTS: Mapping[str, tuple[Action, dict[str, str]]] = {
    f"{USER}/top-up": (Action.TOP_UP, {"credits": "5", "payment": "invoice 1", "token": "once"}),
    f"{USER}/take-back": (Action.TAKE_BACK, {"payment": "invoice 1"}),
    f"{USER}/refund": (Action.REFUND, {"prediction": "{prediction}"}),
    f"{USER}/block": (Action.BLOCK, {}),
    f"{USER}/unblock": (Action.UNBLOCK, {}),
    f"{USER}/role": (Action.CHANGE_ROLE, {"role": "admin"}),
    f"{USER}/keys/{{key_id:uuid}}/revoke": (Action.REVOKE_KEY, {}),
    "/app/desk/models": (Action.UPLOAD_MODEL, {"name": "tone", "row_price": "3"}),
    "/app/desk/trainings": (Action.TRAIN_MODEL, {"name": "churn", "target": "churn"}),
    "/app/desk/trainings/{training_id:uuid}/cancel": (Action.CANCEL_TRAINING, {}),
    f"{VERSION}/price": (Action.CHANGE_MODEL, {"row_price": "4"}),
    f"{VERSION}/canary": (Action.START_CANARY, {"percent": "25"}),
    f"{VERSION}/promote": (Action.PROMOTE_MODEL, {}),
    f"{VERSION}/roll-back": (Action.ROLL_BACK_MODEL, {}),
    f"{VERSION}/activate": (Action.CHANGE_MODEL, {}),
    f"{VERSION}/retire": (Action.CHANGE_MODEL, {}),
    "/app/desk/queue/{letter_id:str}/replay": (Action.REPLAY, {}),
    "/app/desk/queue/{letter_id:str}/drop": (Action.DROP, {}),
    "/app/desk/queue/replay": (Action.REPLAY, {}),
    "/app/desk/queue/drop": (Action.DROP, {}),
    "/app/desk/books/check": (Action.CHECK_LEDGER, {}),
    "/app/desk/promo-codes": (Action.CREATE_PROMO_CODE, {"code": "SPRING", "credits": "5", "limit": "9"}),
    "/app/desk/promo-codes/{code:str}": (Action.CHANGE_PROMO_CODE, {"disabled": "yes"}),
}
"""The forms of the desk in an order in which each has something to do, with the entry and the fields."""


def test_every_form_of_the_desk_has_its_act_here() -> None:
    handlers = [each for each in ROUTES if isinstance(each, HTTPRouteHandler)]
    forms = [path for each in handlers if "POST" in each.http_methods for path in each.paths]
    assert sorted(forms) == sorted(ACTS)


async def test_each_act_on_the_desk_leaves_exactly_one_entry(site: Site) -> None:
    hexagon = site.hexagon
    root = await hexagon.user(role=Role.ADMIN, email="root@example.org")
    operator = site.visitor()
    await operator.sign_in("root@example.org", PASSWORD)
    await operator.get("/app/desk/models")
    known = await things(site)

    for number, (path, (action, fields)) in enumerate(ACTS.items()):
        if "queue" in path:
            known["letter_id"] = await dead_letter(site)
        before = len(hexagon.memory.state.audit_log)
        done = await sent(
            operator, at(path, known), {name: value.format(**known) for name, value in fields.items()}, number
        )
        assert "?done=" in str(done.url), (path, done.status_code, done.text)
        entries = sorted(hexagon.memory.state.audit_log.values(), key=lambda each: each.id)
        assert len(entries) == before + 1, path
        author = entries[-1].act.author
        assert (entries[-1].act.action, author.user_id) == (action, root.id), path
        assert author.request_id == f"request-{number}", path
        if action is Action.UPLOAD_MODEL:
            await hexagon.check_model()
        if action is Action.TRAIN_MODEL:
            [training] = await hexagon.model_trainings.page(limit=1)
            known["training_id"] = str(training.id)
    task = hexagon.check_books._task
    assert task
    await task
    acts = [each.act for each in hexagon.memory.state.audit_log.values()]
    names = {name for act in acts for name in (*act.before, *act.after)}
    kinds = {act.subject.partition(":")[0] for act in acts}
    wanted = {f"value-{name}" for name in names} | {f"of-{kind}" for kind in kinds}
    assert [each for each in wanted if not texts("en").has(f"audit-{each.replace('_', '-')}")] == []
    await operator.post("/app/language", language="ru", back="/app/desk/audit")
    page = await operator.get("/app/desk/audit")
    values = page.text.partition("<tbody>")[2].partition("</tbody>")[0]
    assert "Выключен: нет<br>" in values
    assert "Выключен: да<br>" in values
    assert "Состояние: Снята<br>" in values
    assert re.findall(r"\b(?:True|False|None)\b|>[a-z_]+: |\d{4}-\d\d-\d\dT[^\"]*<", values) == []


async def sent(operator: Visitor, path: str, fields: dict[str, str], number: int) -> httpx.Response:
    files = {"file": FILES[path]} if path in FILES else None
    headers = {"x-request-id": f"request-{number}"}
    return await operator.client.post(
        path, data={"csrf": operator.csrf, **fields}, files=files, headers=headers
    )


async def things(site: Site) -> dict[str, str]:
    """The ids of Ada, her key and her charged prediction, and the version that will be uploaded."""
    ada = await site.hexagon.user(credits=5, email="ada@example.org")
    client = site.api.client_of(ada)
    key = (await client.post("/users/me/api-keys", json={"name": "nightly"})).json()["id"]
    prediction = (await client.post("/predictions", json=TEXT)).json()["id"]
    await site.run_all()
    return {
        "user_id": str(ada.id),
        "key_id": key,
        "prediction": prediction,
        "ref": "tone@2",
        "code": "SPRING",
    }


def at(path: str, known: dict[str, str]) -> str:
    return re.sub(r"\{(\w+):\w+\}", lambda found: known[found[1]], path)


async def dead_letter(site: Site) -> str:
    """The id of a message that could not be handled."""
    hexagon, now = site.hexagon, site.hexagon.clock.now()
    task = Task([PredictionId(UUID(str(uuid7())))])
    hexagon.queue.dead.clear()
    hexagon.queue.dead.append(Dead(WaitingTask(task, now), now))
    [letter] = await hexagon.dead_letters.list(at_most=1)
    return letter.id
