"""The promise, checked from outside and from the rows: nothing is lost and nobody is charged twice."""

import json
from typing import Any

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Question
from augury.outbound.catboost.loaded import LoadedModel
from augury.outbound.catboost.questions import answer
from tests.chaos.customers import FINAL, Customers, Order
from tests.chaos.table import Figures
from tests.chaos.world import World

BY_TAG = r"""
SELECT coalesce(substring(encode(input, 'escape') FROM 'tag\d+end'), p.id::text) AS tag, -- a slice has none
    p.id, p.status, p.attempts, p.failure,
    p.row_price * p.rows + coalesce(p.text_price * ((p.text_bytes + 999) / 1000), 0) AS price,
    p.row_price * p.valid_rows + coalesce(p.text_price * ((p.valid_text_bytes + 999) / 1000), 0) AS charged,
    p.user_id,
    coalesce(capture.amount, 0) AS captured
FROM predictions p LEFT JOIN transfers capture ON capture.reference = p.id AND capture.kind = 'capture'
"""


async def kept(
    world: World,
    customers: Customers,
    model: LoadedModel,
    *,
    failed: frozenset[str] = frozenset(),
    dead: int = 0,
) -> Figures:
    """Wait until all is done, and check everything. Returns the figures.

    `failed` are the tags of orders that may fail, `dead` is how many messages belong to `ml_tasks.dead`.
    """
    await world.settled()
    assert not customers.improper, customers.improper[:5]
    refused = [(order.refused, order.tag) for order in customers.orders if order.refused]
    assert not refused, refused[:5]
    rows: dict[str, list[Any]] = {}
    for row in await world.fetch(BY_TAG):
        rows.setdefault(row["tag"], []).append(row)
    twice = sum(
        len(same) > 1 or sum(row["captured"] for row in same) > same[0]["price"] for same in rows.values()
    )
    accepted = customers.accepted
    stored = await customers.stored(accepted)
    lost = [each["id"] for each in stored if each["status"] not in FINAL]
    _check_answers(accepted, stored, model, failed)
    for person in customers.people:
        spent = sum(
            row["charged"] for same in rows.values() for row in same if str(row["user_id"]) == person.id
        )
        [balance] = await world.fetch("SELECT available, held FROM balances WHERE user_id = $1", person.id)
        assert (balance["available"], balance["held"]) == (person.funds - spent, 0), person.email
    assert not (deviations := await world.deviations()), deviations[:10]
    assert await world.dead() == dead
    assert (len(lost), twice) == (0, 0)
    return Figures(
        faults=world.faults,
        requests=customers.tried,
        accepted=len(accepted),
        finished=len(accepted) - len(lost),
        lost=len(lost),
        charged_twice=twice,
    )


def _check_answers(
    orders: list[Order], stored: list[dict[str, Any]], model: LoadedModel, failed: frozenset[str]
) -> None:
    """Check that the answers equal the stored results, and that these are right: nobody got another's
    answer."""
    for order, now in zip(orders, stored, strict=True):
        for earlier in order.answers:
            if earlier["status"] in FINAL:
                assert earlier == now, f"answered {earlier}, stored {now}"
        if order.canceled:
            assert now["status"] == "canceled", now
        if now["status"] == "canceled":
            assert order.called_off, f"nobody wanted it canceled: {now}"
            assert now["charged"] == 0
        elif order.tag in failed:
            assert (now["status"], now["charged"]) == ("failed", 0), now
        else:
            assert now["status"] == "succeeded", now
            assert now["charged"] == order.valid, now
            assert now["output"] == _expected(order, model), now


def _expected(order: Order, model: LoadedModel) -> Any:
    data = order.body["data"]
    question = Question(Json(json.dumps(data).encode()), single=not isinstance(data, list))
    [outcome] = answer(model, [question], max_warnings=100)
    assert outcome.output is not None
    return json.loads(outcome.output)
