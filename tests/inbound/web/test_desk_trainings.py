"""A model is trained from a table on the operator's desk, without a script."""

from html import unescape

import pytest
from httpx import Response

from augury.application.limits import Limits
from augury.domain.audit import Action
from augury.domain.identifiers import uuid7
from augury.domain.model import ModelRef, ModelState
from augury.domain.model_training import ModelTraining, TrainingProgress
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import ColumnKind, Cost, TrainingTask
from augury.domain.user import Role
from tests.hexagon import PASSWORD, Hexagon
from tests.inbound.web.site import Site, Visitor, alert, shown
from tests.inbound.web.test_desk import acts, notice, operator

__all__ = ["operator"]
TABLE = b"age,calls,churn\n1,2,no\n"
ODD = '<script>alert("1")</script>'


async def send(operator: Visitor, content: bytes = TABLE, /, *, csrf: str = "", **fields: str) -> Response:
    await operator.get("/app/desk/trainings")
    return operator._seen(
        await operator.client.post(
            "/app/desk/trainings",
            data={"csrf": csrf or operator.csrf, "name": "churn", "target": "churn", **fields},
            files={"file": ("churn.csv", content, "text/csv")},
        )
    )


async def sent(site: Site) -> ModelTraining:
    [training] = await site.hexagon.model_trainings.page(limit=9)
    return training


async def test_a_table_becomes_a_version_with_a_card_whose_progress_is_seen(
    site: Site, operator: Visitor
) -> None:
    assert "Nothing was trained here yet." in (await operator.get("/app/desk/trainings")).text

    queued = await send(operator, row_price="3", text_price="")

    assert notice(queued) == "The table was received. A worker will train a model from it."
    here = queued.url.path
    assert "Waits for a worker" in queued.text
    assert 'http-equiv="refresh"' in queued.text
    training = await site.hexagon.model_trainings.take(lease=site.hexagon.limits.lease)
    assert training is not None
    odd = Reason.of(ReasonCode.COLUMN_USED, [Reason.of(ReasonCode.AS_YOU_SAID)], name=ODD, kind="number")
    await site.hexagon.model_trainings.keep(
        training, TrainingProgress(40, 12, (odd,)), lease=site.hexagon.limits.lease
    )
    running = await operator.get(f"{here}/state", **{"hx-request": "true"})
    assert "<html" not in running.text
    assert 'hx-trigger="load delay:1s"' in running.text
    assert 'value="40"' in running.text
    assert "40%, about 12 seconds left" in running.text
    assert ODD not in running.text
    assert "churn</a></td><td>churn</td>" in (await operator.get("/app/desk/trainings")).text

    site.hexagon.clock.advance(site.hexagon.limits.lease)
    await site.hexagon.train_model()

    ready = await operator.get(here)
    assert "hx-trigger" not in ready.text
    assert 'http-equiv="refresh"' not in ready.text
    assert "4 rows for training, 1 for the test" in ready.text
    for path in ("/app/desk/models/churn@1", "/app/desk/models/churn@1/card"):
        assert f'href="{path}"' in ready.text
    made = await site.hexagon.models.version(ModelRef("churn", 1))
    assert (made.state, made.row_price) == (ModelState.READY, 3)
    again = await send(operator, row_price="3")
    assert notice(again).startswith("A model was already trained from this table with these settings.")
    assert again.url.path == here
    assert acts(site.hexagon) == [Action.TRAIN_MODEL]


async def test_every_setting_of_the_form_is_one_of_the_training(site: Site, operator: Visitor) -> None:
    done = await send(
        operator,
        name=" left ",
        kinds="age=category\r\n\r\na=b=skip\r\n",
        task="classes",
        time="",
        group=" customer",
        positive="yes",
        cost="1:5",
        seconds="60",
        text_price="2",
        activate="yes",
    )

    training = await sent(site)
    plan = training.plan
    assert (training.name, plan.target, plan.time) == ("left", "churn", None)
    assert dict(plan.kinds) == {"age": ColumnKind.CATEGORY, "a=b": ColumnKind.SKIP}
    assert (plan.task, plan.group, plan.positive) == (TrainingTask.CLASSES, " customer", "yes")
    assert (plan.cost, plan.time_limit.total_seconds()) == (Cost(1, 5), 60)
    assert (training.terms.row_price, training.terms.text_price, training.terms.activate) == (None, 2, True)
    for word in ("Category", "Not used", "One of several classes", "1:5"):
        assert word in done.text


@pytest.mark.parametrize(
    ("fields", "content", "sentence"),
    [
        ({"name": "Wrong Name"}, TABLE, "“Wrong Name” is not a valid model name."),
        ({"target": ""}, TABLE, "Say which column is to be predicted."),
        ({"kinds": "age"}, TABLE, "write COLUMN=KIND"),
        ({"time": "age", "group": "calls"}, TABLE, "Give a time column or a group column, not both."),
        ({"cost": "5"}, TABLE, "such as 1:5"),
        ({"kinds": "churn=number"}, TABLE, "so it cannot have a kind"),
        ({}, b"", "The table is empty."),
    ],
)
async def test_a_refusal_is_said_and_keeps_what_was_typed(
    site: Site, operator: Visitor, fields: dict[str, str], content: bytes, sentence: str
) -> None:
    refused = await send(operator, content, **({"positive": ODD} | fields))

    assert refused.status_code == 422
    assert sentence in alert(refused)
    assert 'value="&lt;script&gt;alert(&#34;1&#34;)' in refused.text
    assert acts(site.hexagon) == []
    assert not site.hexagon.model_files.stored


async def test_what_the_form_does_not_offer_is_refused(site: Site, operator: Visitor) -> None:
    for fields, sentence in (
        ({"seconds": "3601"}, "not one of the choices"),
        ({"seconds": "x"}, "is not a whole number"),
        ({"task": "ranking"}, "not one of the choices"),
        ({"target": "a" * 201}, "longer than 200"),
        ({"activate": "on"}, "not one of the choices"),
    ):
        refused = await send(operator, **fields)
        assert (refused.status_code, sentence in refused.text) == (422, True), fields
    assert (await send(operator, csrf="0" * 64)).status_code == 403
    assert (await operator.get("/app/desk/trainings?before=x")).status_code == 422
    assert (await operator.get(f"/app/desk/trainings/{uuid7()}")).status_code == 404
    assert not site.hexagon.model_files.stored


async def test_a_training_is_ended_early_and_in_both_languages(site: Site, operator: Visitor) -> None:
    here = (await send(operator)).url.path
    taken = await site.hexagon.model_trainings.take(lease=site.hexagon.limits.lease)
    assert taken is not None

    ending = await operator.post(f"{here}/cancel")

    assert "It ends with the best model so far" in ending.text
    assert 'action="' + here + '/cancel"' not in ending.text
    second = (await send(operator, target="age")).url.path
    canceled = await operator.post(f"{second}/cancel")
    assert "Canceled" in canceled.text
    late = await operator.post(f"{second}/cancel")
    assert (late.status_code, "Too late: the training has ended." in late.text) == (422, True)
    await operator.post("/app/language", language="ru", back="/")
    assert "Закончится с лучшей на этот момент моделью" in (await operator.get(here)).text
    actions = [Action.TRAIN_MODEL, Action.CANCEL_TRAINING]
    assert acts(site.hexagon) == actions * 2


async def test_a_refused_table_and_its_findings_are_worded_in_the_readers_language(
    site: Site, operator: Visitor
) -> None:
    refused = (await send(operator, target="left")).url.path
    await site.hexagon.train_model()
    found = (await send(operator)).url.path
    await site.hexagon.train_model()

    for language, why, split in (
        ("en", "there is no column 'left' (there are:", "4 rows for training, 1 for the test"),
        ("ru", "нет столбца «left» (есть:", "строк для обучения: 4, для проверки: 1"),
    ):
        as_asked = {"Accept-Language": language}
        assert why in unescape((await operator.get(refused, **as_asked)).text)
        assert split in unescape((await operator.get(found, **as_asked)).text)


async def test_the_list_goes_on_and_one_training_too_many_is_refused() -> None:
    async with shown(Hexagon(limits=Limits(max_trainings=21))) as site:
        await site.hexagon.user(role=Role.ADMIN, email="root@example.org")
        operator = site.visitor()
        await operator.sign_in("root@example.org", PASSWORD)
        for number in range(21):
            await send(operator, target=f"c{number}")

        first = (await operator.get("/app/desk/trainings")).text
        oldest = (await sent_first(site)).id
        more = (await site.hexagon.model_trainings.page(limit=20))[-1].id
        assert f"/app/desk/trainings/{oldest}" not in first
        assert f"/app/desk/trainings?before={more}" in first
        assert (
            f"/app/desk/trainings/{oldest}" in (await operator.get(f"/app/desk/trainings?before={more}")).text
        )
        refused = await send(operator, target="one more")
        assert refused.status_code == 429
        assert "Too many trainings are unfinished (21 of 21)." in alert(refused)


async def sent_first(site: Site) -> ModelTraining:
    return (await site.hexagon.model_trainings.page(limit=99))[-1]
