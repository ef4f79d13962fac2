import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import Response

from augury.application.limits import Limits
from augury.application.ports import Unavailable
from augury.application.predictions.ports.reads import StoredPrediction
from augury.domain.balance import Balance
from augury.domain.identifiers import PredictionId
from augury.domain.model import ModelState
from augury.outbound.memory.predictions import MemoryPredictions
from augury.outbound.memory.predictor import DOUBTFUL
from tests.hexagon import Hexagon, a_model
from tests.http_api import SETTINGS, TEXT, Api, is_problem, serving
from tests.polling import eventually

MEMBERS = {
    "id", "status", "model", "rows", "price", "charged", "refunded", "output", "errors", "warnings",
    "error_count", "warning_count",
    "created_at", "started_at", "finished_at", "urls",
}  # fmt: skip


async def test_a_prediction_is_accepted_and_is_where_the_answer_says(api: Api) -> None:
    member = await api.member(credits=2)

    response = await member.post("/predictions", json=TEXT)

    assert response.status_code == 202
    prediction = response.json()
    assert set(prediction) == MEMBERS
    assert UUID(prediction["id"]).version == 7
    assert (prediction["status"], prediction["model"]) == ("queued", "tone@1")
    assert (prediction["rows"], prediction["price"], prediction["charged"]) == (1, 1, 0)
    assert (prediction["output"], prediction["errors"]) == (None, [])
    assert prediction["created_at"].endswith("Z")
    assert datetime.fromisoformat(prediction["created_at"])
    assert response.headers["location"] == prediction["urls"]["self"]
    stored = (await member.get(response.headers["location"])).json()
    assert stored.pop("queue")["ahead"] == 0
    assert stored == prediction
    assert (await member.get("/balance")).json() == {"available": 1, "held": 1}


async def test_both_paths_accept_predictions(api: Api) -> None:
    for path in ("/predictions", "/predictions/predict"):
        assert (await api.client().post(path, json=TEXT)).status_code == 202


ASKED: list[tuple[dict[str, Any], int]] = [
    ({"json": TEXT}, 202),
    ({"json": TEXT, "headers": {"Idempotency-Key": "one"}}, 202),
    ({"json": TEXT, "headers": {"Idempotency-Key": ""}}, 422),
    ({"json": TEXT, "headers": {"Authorization": "Bearer wrong"}}, 401),
    ({"json": {"data": {"text": "a"}, "other": 1}}, 422),
    ({"json": {"data": {"number": 1}}}, 422),
    ({"json": {"data": {"text": "a"}, "model": "unheard-of"}}, 404),
    ({"json": {"data": [{"text": "a"}] * 9}}, 402),
    ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400),
    ({"content": b'{"data": ' + b"[" * 100_000, "headers": {"Content-Type": "application/json"}}, 400),
    ({"content": b"", "headers": {"Content-Type": "application/json"}}, 400),
    ({"content": b"a=b", "headers": {"Content-Type": "text/plain"}}, 415),
    ({"content": b" " * (SETTINGS.max_body_bytes + 1), "headers": {"Content-Type": "application/json"}}, 413),
]


@pytest.mark.parametrize(("request_", "status"), ASKED)
async def test_a_submit_past_the_framework_is_answered_as_through_it(
    api: Api, request_: dict[str, Any], status: int
) -> None:
    own = {"id", "created_at", "urls"}
    answers = []
    for path in ("/predictions/predict", "/predictions/predict/"):  # the latter is found by Litestar
        member = await api.member(credits=2)
        answers.append(await member.post(path, **request_))

    assert [answer.status_code for answer in answers] == [status, status]
    bodies = [{k: v for k, v in answer.json().items() if k not in own} for answer in answers]
    assert bodies[0] == bodies[1]
    names = [sorted(set(answer.headers) - {"date"}) for answer in answers]
    assert names[0] == names[1]


async def test_what_was_sent_is_stored_as_it_was_sent(api: Api) -> None:
    body = '{ "data":  [ {"text": "Привет, \\u043c\\u0438\\u0440"} ,{"text":"b"} ] }'.encode()
    member = await api.member(credits=2)

    response = await member.post("/predictions", content=body, headers={"Content-Type": "application/json"})

    row = api.hexagon.memory.state.predictions[PredictionId(UUID(response.json()["id"]))]
    assert row.input == '[ {"text": "Привет, \\u043c\\u0438\\u0440"} ,{"text":"b"} ]'.encode()
    assert response.json()["rows"] == 2


async def test_a_finished_prediction_shows_its_output(api: Api) -> None:
    member = await api.member(credits=1)
    accepted = (await member.post("/predictions", json=TEXT)).json()

    await api.hexagon.run_all()

    finished = (await member.get(accepted["urls"]["self"])).json()
    assert (finished["status"], finished["charged"]) == ("succeeded", 1)
    assert finished["output"] == {"label": "long"}
    assert set(finished) == MEMBERS


async def test_rows_that_are_wrong_are_named_and_not_charged(api: Api) -> None:
    member = await api.member(credits=3)
    rows = [{"text": "good"}, {"text": 5}, {"txt": "x"}]
    accepted = (await member.post("/predictions", json={"data": rows})).json()

    await api.hexagon.run_all()

    finished = (await member.get(accepted["urls"]["self"])).json()
    assert (finished["price"], finished["charged"]) == (3, 1)
    assert [error["row"] for error in finished["errors"]] == [1, 2]
    assert [output is None for output in finished["output"]] == [False, True, True]


async def test_what_may_mislead_in_a_row_is_named_and_charged(api: Api) -> None:
    member = await api.member(credits=2)
    rows = [{"text": "good"}, {"text": DOUBTFUL}]
    accepted = (await member.post("/predictions", json={"data": rows})).json()

    await api.hexagon.run_all()

    finished = (await member.get(accepted["urls"]["self"])).json()
    assert (finished["charged"], finished["errors"]) == (2, [])
    assert finished["warnings"] == [
        {"row": 1, "field": "text", "message": "is a category that the model was not trained on"}
    ]


async def test_many_submits_at_once_share_the_balance_exactly(api: Api) -> None:
    member = await api.member(credits=50)

    responses = await asyncio.gather(*(member.post("/predictions", json=TEXT) for _ in range(100)))

    statuses = [response.status_code for response in responses]
    assert (statuses.count(202), statuses.count(402)) == (50, 50)
    assert (await member.get("/balance")).json() == {"available": 0, "held": 50}
    assert await api.hexagon.balanced()


async def test_a_model_is_chosen_by_name_and_version(api: Api) -> None:
    dear = a_model("dear", 2, row_price=7)
    api.hexagon.memory.state.models[dear.ref] = dear
    member = await api.member(credits=14)

    for name in ("dear", "dear@2"):
        response = await member.post("/predictions", json=TEXT | {"model": name})
        assert (response.json()["model"], response.json()["price"]) == ("dear@2", 7)


async def test_an_unknown_model_is_a_404_and_costs_nothing(api: Api) -> None:
    member = await api.member(credits=1)

    for name in ("none", "tone@9", "tone@x", "", "tone@1@1"):
        response = await member.post("/predictions", json=TEXT | {"model": name})
        assert is_problem(response, 404, "model-not-found")
    assert (await member.get("/balance")).json() == {"available": 1, "held": 0}


async def test_too_many_rows_and_none_are_refused() -> None:
    async with serving(Hexagon(Limits(max_rows=2))) as api:
        response = await api.client().post("/predictions", json={"data": [{"text": "a"}] * 3})
        assert is_problem(response, 422, "too-many-rows")
        assert (response.json()["rows"], response.json()["most"]) == (3, 2)
        empty = await api.client().post("/predictions", json={"data": []})
        assert is_problem(empty, 422, "no-rows")
        assert "empty" in empty.json()["detail"]


async def test_a_caller_with_too_many_waiting_is_told_when_to_come_again() -> None:
    async with serving(Hexagon(Limits(max_pending=1))) as api:
        member = await api.member(credits=5)
        await member.post("/predictions", json=TEXT)

        response = await member.post("/predictions", json=TEXT)

    assert is_problem(response, 429, "too-many-pending")
    assert int(response.headers["retry-after"]) > 0


async def test_a_prediction_expires_when_its_caller_says(api: Api) -> None:
    member = await api.member(credits=1)

    response = await member.post("/predictions", json=TEXT | {"expires_in": 60})

    row = api.hexagon.memory.state.predictions[PredictionId(UUID(response.json()["id"]))]
    assert row.prediction.expires_at is not None
    assert (row.prediction.expires_at - row.prediction.created_at).total_seconds() == 60


async def test_a_longer_wait_than_the_limit_is_refused_by_its_name_and_costs_nothing() -> None:
    async with serving(Hexagon(Limits(max_expires_in=timedelta(minutes=1)))) as api:
        member = await api.member(credits=1)

        response = await member.post("/predictions", json=TEXT | {"expires_in": 61})

        assert is_problem(response, 422, "expires-too-late")
        assert (response.json()["expires_in"], response.json()["most"]) == (61, 60)
        assert "60 seconds" in response.json()["detail"]
        assert (await member.get("/balance")).json() == {"available": 1, "held": 0}
        assert not api.hexagon.memory.state.predictions
        assert (await member.post("/predictions", json=TEXT | {"expires_in": 60})).status_code == 202


# Idempotency-Key ---------------------------------------------------------------------------------------


def without_place(response: Response) -> dict[str, object]:
    """The queued prediction without its place in the queue, which a new one does not say."""
    prediction: dict[str, object] = response.json()
    assert prediction.pop("queue")
    return prediction


async def test_the_same_key_and_body_is_the_same_prediction_and_is_charged_once(api: Api) -> None:
    member = await api.member(credits=5)
    first = await member.post("/predictions", json=TEXT, headers={"Idempotency-Key": "k"})

    again = await member.post("/predictions/predict", json=TEXT, headers={"Idempotency-Key": "k"})

    assert again.status_code == 202
    assert without_place(again) == first.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert (await member.get("/balance")).json() == {"available": 4, "held": 1}


async def test_a_replay_shows_the_prediction_as_it_stands_now(api: Api) -> None:
    member = await api.member(credits=5)
    await member.post("/predictions", json=TEXT, headers={"Idempotency-Key": "k"})
    await api.hexagon.run_all()

    again = await member.post("/predictions", json=TEXT, headers={"Idempotency-Key": "k"})

    assert again.status_code == 200
    assert again.json()["status"] == "succeeded"


async def test_a_replay_is_answered_though_the_model_was_retired_since(api: Api) -> None:
    member = await api.member(credits=5)
    first = await member.post("/predictions", json=TEXT, headers={"Idempotency-Key": "k"})
    for model in await api.hexagon.models.all():
        await api.hexagon.change_model(ref=model.ref, state=ModelState.RETIRED)

    again = await member.post("/predictions", json=TEXT, headers={"Idempotency-Key": "k"})
    other = await member.post("/predictions", json={"data": {}}, headers={"Idempotency-Key": "k"})
    unknown = await member.post("/predictions", json=TEXT, headers={"Idempotency-Key": "another"})

    assert without_place(again) == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert is_problem(other, 422, "idempotency-conflict")
    assert is_problem(unknown, 404, "model-not-found")


async def test_blanks_around_a_key_are_none_of_it(api: Api) -> None:
    member = await api.member(credits=5)
    first = await member.post("/predictions", json=TEXT, headers={"Idempotency-Key": "k"})

    again = await member.post("/predictions", json=TEXT, headers={"Idempotency-Key": " k \t"})

    assert without_place(again) == first.json()


async def test_two_keys_are_refused_for_none_of_them_can_be_meant(api: Api) -> None:
    member = await api.member(credits=5)

    response = await member.post(
        "/predictions", json=TEXT, headers=[("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    )

    assert is_problem(response, 422, "wrong-shape")
    assert (await member.get("/balance")).json() == {"available": 5, "held": 0}


async def test_several_prefer_lines_are_one_list(api: Api) -> None:
    member = await api.member(credits=5)

    response = await member.post(
        "/predictions", json=TEXT, headers=[("Prefer", "wait=0"), ("Prefer", "respond-async")]
    )

    assert response.headers["preference-applied"] == "wait=0"


async def test_concurrent_twins_are_one_prediction(api: Api) -> None:
    member = await api.member(credits=5)

    twins = await asyncio.gather(
        *(member.post("/predictions", json=TEXT, headers={"Idempotency-Key": "k"}) for _ in range(8))
    )

    assert len({twin.json()["id"] for twin in twins}) == 1
    assert sum("idempotent-replayed" in twin.headers for twin in twins) == 7
    assert (await member.get("/balance")).json() == {"available": 4, "held": 1}


async def test_the_same_key_with_another_body_is_refused(api: Api) -> None:
    member = await api.member(credits=5)
    await member.post("/predictions", json=TEXT, headers={"Idempotency-Key": "k"})

    response = await member.post(
        "/predictions", json={"data": {"text": "other"}}, headers={"Idempotency-Key": "k"}
    )

    assert is_problem(response, 422, "idempotency-conflict")


async def test_one_users_key_is_not_anothers(api: Api) -> None:
    first, second = await api.member(credits=1), await api.member(credits=1)

    responses = [
        await member.post("/predictions", json=TEXT, headers={"Idempotency-Key": "k"})
        for member in (first, second)
    ]

    assert responses[0].json()["id"] != responses[1].json()["id"]


async def test_a_refusal_for_want_of_credits_is_not_remembered(api: Api) -> None:
    user = await api.hexagon.user()
    member = api.client_of(user)
    headers = {"Idempotency-Key": "k"}
    assert (await member.post("/predictions", json=TEXT, headers=headers)).status_code == 402
    await api.hexagon.top_up(user_id=user.id, amount=1)

    assert (await member.post("/predictions", json=TEXT, headers=headers)).status_code == 202


async def test_a_key_is_1_to_255_printable_ascii_characters(api: Api) -> None:
    member = await api.member(credits=5)
    for key in (b"", b"k" * 256, "ключ".encode(), b"tab\tbed"):
        response = await member.post("/predictions", json=TEXT, headers={b"Idempotency-Key": key})
        assert is_problem(response, 422, "wrong-shape")

    response = await member.post("/predictions", json=TEXT, headers={"Idempotency-Key": "k" * 255})
    assert response.status_code == 202


async def test_a_guest_has_no_keys(api: Api) -> None:
    response = await api.client().post("/predictions", json=TEXT, headers={"Idempotency-Key": "k"})

    assert is_problem(response, 401, "sign-in-required")


# Prefer: wait ------------------------------------------------------------------------------------------


async def test_a_waiting_caller_gets_the_result_in_the_answer(api: Api) -> None:
    member = await api.member(credits=1)
    post = asyncio.create_task(member.post("/predictions", json=TEXT, headers={"Prefer": "wait=30"}))
    await eventually(lambda: api.hexagon.wait_for_prediction._waiting, "a caller who waits")
    await api.hexagon.run_all()

    response = await post

    assert response.status_code == 200
    assert response.headers["preference-applied"] == "wait=30"
    assert response.json()["status"] == "succeeded"
    assert response.json()["output"]


async def test_a_caller_whose_time_is_up_gets_what_there_is(api: Api) -> None:
    member = await api.member(credits=1)

    response = await member.post("/predictions", json=TEXT, headers={"Prefer": "respond-async, wait=1"})

    assert response.status_code == 202
    assert response.headers["preference-applied"] == "wait=1"
    assert response.json()["status"] == "queued"


async def test_nobody_waits_longer_than_the_limit(api: Api) -> None:
    api.hexagon.wait_for_prediction.stop()  # answers waiting requests at once

    response = await api.client().post("/predictions", json=TEXT, headers={"Prefer": "wait=86400"})

    assert response.headers["preference-applied"] == "wait=60"
    assert response.status_code == 202


async def test_a_preference_that_cannot_be_read_is_ignored(api: Api) -> None:
    for prefer in ("wait", "wait=soon", "wait=-1", "handling=lenient", ""):
        response = await api.client(peer="198.51.100.9").post(
            "/predictions", json=TEXT, headers={"Prefer": prefer}
        )
        assert response.status_code == 202
        assert "preference-applied" not in response.headers


class UnreadablePredictions(MemoryPredictions):
    async def several(self, ids: Collection[PredictionId]) -> Sequence[StoredPrediction]:
        raise Unavailable("database")


async def test_what_was_accepted_is_answered_even_if_it_cannot_be_waited_for(hexagon: Hexagon) -> None:
    hexagon.wait_for_prediction._predictions = UnreadablePredictions(hexagon.memory)
    hexagon.wait_for_prediction.stop()  # no wait: it is read at once
    user = await hexagon.user(credits=1)
    async with serving(hexagon) as api:
        response = await api.client_of(user).post("/predictions", json=TEXT, headers={"Prefer": "wait=30"})

    assert response.status_code == 202
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=0, held=1, pending=1)


async def test_addresses_carry_the_path_that_the_api_is_mounted_at(hexagon: Hexagon) -> None:
    async with serving(hexagon, settings=replace(SETTINGS, base_path="/augury")) as api:
        response = await api.client().post("/predictions", json=TEXT)

    assert response.headers["location"].startswith("/augury/predictions/")
    assert response.json()["urls"]["cancel"].startswith("/augury/predictions/")
