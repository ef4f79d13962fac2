"""The operator's desk in a real browser, in both languages, on a phone and on a large screen. The service is
in this process, over memory, so that a message dies and a file is checked when the test says so."""

import json
from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Browser, Request, expect

from augury.application.operation.ports import Process, ProcessRole
from augury.application.predictions.ports.queue import Task
from augury.domain.audit import Action
from augury.domain.identifiers import uuid7
from augury.domain.model import ModelRef
from augury.domain.model_training import TrainingProgress
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.user import Role, User
from augury.outbound.memory.queue import Dead, WaitingTask
from tests.browser.journey import (
    KINDS,
    Person,
    at_the_pages,
    refunds,
    replays_the_dead_letter_of,
    sees_both_versions,
    shifts_the_share,
    trains_a_model,
    uploads_a_model,
)
from tests.browser.service import Service
from tests.browser.test_pages import MOST_BYTES, axe
from tests.hexagon import PASSWORD, Hexagon

__all__ = ["axe"]
PAGES = ("overview", "users", "models", "trainings", "queue", "books", "promo-codes", "webhooks", "audit")
MODEL = json.dumps({"features": {"text": "text"}, "classes": ["long", "short"]}).encode()
ROOT = "root@example.org"
KNOWN = (
    *("churn390", "churn1280", "left390", "left1280", "plain1280", "CODE-390", "CODE-1280"),
    *("long", "short", "customer", "number", "category", "date", "skip", "3 columns", "looks like an id"),
)
"""Names that are given here, the values that a field for the kinds of columns takes, and what the training of
this test says it found."""


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service(pages=True) as started:
        started.run(started.hexagon.user(role=Role.ADMIN, email=ROOT))
        yield started


@pytest.fixture(params=KINDS, scope="module")
def operator(
    request: pytest.FixtureRequest, chromium: Browser, service: Service, axe: str
) -> Iterator[Person]:
    with at_the_pages(chromium, service.url, request.param, axe=axe) as person:
        person.known += KNOWN
        person.goes("/app/sign-in")
        person.enters(ROOT, PASSWORD)
        yield person


async def predicted(hexagon: Hexagon, user: User, model: str) -> None:
    version = await hexagon.models.version(ModelRef.parse(model))
    await hexagon.request_prediction(user.id, model=version)
    await hexagon.run_all()
    await hexagon.store_usage()


async def begun(hexagon: Hexagon) -> None:
    """A worker that is halfway through a training, and dies."""
    training = await hexagon.model_trainings.take(lease=hexagon.limits.lease)
    assert training is not None
    numbers, looks_like_an_id = Reason.of(ReasonCode.NUMBERS, count=63), Reason.of(ReasonCode.COUNTS_ROWS)
    found = (
        Reason.of(ReasonCode.COLUMN_USED, [numbers], name="age", kind="number"),
        Reason.of(ReasonCode.COLUMN_SKIPPED, [looks_like_an_id], name="customer"),
    )
    progress = TrainingProgress(40, 12, found)
    await hexagon.model_trainings.keep(training, progress, lease=hexagon.limits.lease)


async def ended(hexagon: Hexagon) -> None:
    hexagon.clock.advance(hexagon.limits.lease)
    training = await hexagon.train_model()
    assert training is not None


def test_an_operator_does_everything(operator: Person, service: Service) -> None:
    """Looks at every page, uploads a model and sees it refused, uploads another, trains one, shifts its
    share, sees both versions side by side, refunds a prediction, replays a dead letter, checks the books, and
    finds it all in the audit log."""
    hexagon, page = service.hexagon, operator.page
    before = len(hexagon.memory.state.audit_log)
    for name in PAGES:
        operator.goes(f"/app/desk/{name}")

    email = f"ada-{operator.width}@example.org"
    ada = service.run(hexagon.user(credits=5, email=email))
    prediction = service.run(hexagon.request_prediction(ada.id))
    service.run(hexagon.run_all())
    service.run(hexagon.keep_figures(Process(id=uuid7(), part=ProcessRole.WORKER)))

    operator.goes("/app/desk/overview?range=day")
    assert page.locator(".chart canvas").count() == 3
    expect(page.locator("#figures table")).to_be_visible()
    shown = page.locator("#figures").get_attribute("data-chart-of")
    service.run(hexagon.request_prediction(ada.id))
    service.run(hexagon.run_all())
    service.run(hexagon.keep_figures(Process(id=uuid7(), part=ProcessRole.WORKER)))
    expect(page.locator("#figures")).not_to_have_attribute("data-chart-of", str(shown), timeout=30_000)

    refunds(operator, email, str(prediction.id))
    page.fill("[name=credits]", "100")
    operator.sends("form[action$=top-up] button")
    operator.is_done()

    name = f"churn{operator.width}"
    for content, state in ((b"no model", "refused"), (MODEL, "active"), (MODEL + b" ", "ready")):
        uploads_a_model(
            operator,
            name,
            content,
            activate=state == "active",
            check=lambda: service.run(hexagon.check_model()),
        )
        operator.looks(f"/app/desk/model/{state}")
    trains_a_model(
        operator,
        f"left{operator.width}",
        begin=lambda: service.run(begun(hexagon)),
        end=lambda: service.run(ended(hexagon)),
    )
    operator.goes(f"/app/desk/models/{name}@3")
    shifts_the_share(operator, 25)
    sees_both_versions(
        operator, f"{name}@2", f"{name}@3", lambda: service.run(predicted(hexagon, ada, f"{name}@3"))
    )

    queued = service.run(hexagon.request_prediction(ada.id))
    while hexagon.queue.take():
        pass
    now = hexagon.clock.now()
    hexagon.queue.dead.append(Dead(WaitingTask(Task([queued.id]), now), now))
    replays_the_dead_letter_of(operator, str(queued.id))
    assert not hexagon.queue.dead

    operator.goes("/app/desk/books")
    operator.sends("form[action$=check] button")
    expect(page.locator("#checks article").first).to_be_visible()
    operator.goes("/app/desk/promo-codes")
    page.fill("[name=code]", f"CODE-{operator.width}")
    page.fill("main [name=credits]", "5")
    page.fill("[name=limit]", "5")
    operator.sends("form.narrow button")
    operator.is_done()
    operator.looks("/app/desk/promo-codes/made")
    operator.goes("/app/desk/audit")
    recorded = sorted(hexagon.memory.state.audit_log.values(), key=lambda each: each.id)[before:]
    assert [each.act.action for each in recorded] == [
        *(Action.REFUND, Action.TOP_UP, Action.UPLOAD_MODEL, Action.UPLOAD_MODEL, Action.UPLOAD_MODEL),
        *(Action.TRAIN_MODEL, Action.CANCEL_TRAINING),
        *(Action.START_CANARY, Action.REPLAY, Action.CHECK_LEDGER, Action.CREATE_PROMO_CODE),
    ]
    assert page.locator("tbody tr").count() >= len(recorded)


def test_the_desk_weighs_little_on_its_first_load(operator: Person) -> None:
    sizes: list[int] = []
    context = operator.page.context.browser
    assert context is not None
    fresh = context.new_context(storage_state=operator.page.context.storage_state())
    page = fresh.new_page()
    page.on("requestfinished", partial(_weighed, sizes))
    page.goto(f"{operator.url}/app/desk/overview", wait_until="networkidle")
    assert len(sizes) >= 5
    assert sum(sizes) < MOST_BYTES, sizes
    fresh.close()


def _weighed(sizes: list[int], request: Request) -> None:
    sizes.append(request.sizes()["responseBodySize"])


def test_every_act_works_without_a_script(operator: Person, service: Service, chromium: Browser) -> None:
    email = f"eve-{operator.width}@example.org"
    eve = service.run(service.hexagon.user(credits=5, email=email))
    context = chromium.new_context(
        java_script_enabled=False, storage_state=operator.page.context.storage_state()
    )
    page = context.new_page()
    page.goto(f"{service.url}/app/desk/users/{eve.id}")
    page.locator("article details summary").first.click()
    page.locator("form[action$=block] button").click()
    expect(page.locator("form[action$=unblock] button")).to_be_visible()
    page.goto(f"{service.url}/app/desk/models")
    page.fill("[name=name]", f"plain{operator.width}")
    page.set_input_files(
        "[name=file]", {"name": "m.cbm", "mimeType": "application/octet-stream", "buffer": MODEL}
    )
    page.locator("form[data-upload] button").click()
    expect(page.locator("[role=status].notice")).to_be_visible()
    service.run(service.hexagon.check_model())
    context.close()
