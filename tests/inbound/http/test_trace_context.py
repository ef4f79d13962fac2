import asyncio

import pytest

from augury.domain.identifiers import PredictionId
from tests.http_api import TEXT, Api

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e473{}-00f067aa0ba902b7-01"


async def test_the_trace_of_each_request_goes_with_its_prediction_to_the_worker(api: Api) -> None:
    member = await api.member(credits=10)
    traces = [TRACE.format(number) for number in range(5)]

    answers = await asyncio.gather(
        member.post("/predictions", json=TEXT),
        *(member.post("/predictions", json=TEXT, headers={"traceparent": trace}) for trace in traces),
    )

    carried: dict[PredictionId, str] = {}
    while task := api.hexagon.queue.take():
        assert set(task.traces) <= set(task.prediction_ids)
        carried |= task.traces
    named = {str(each): trace for each, trace in carried.items()}
    assert named == {answer.json()["id"]: trace for answer, trace in zip(answers[1:], traces, strict=True)}


@pytest.mark.parametrize("wrong", ["", "yes", TRACE.format("x"), TRACE.format("0") + "; x", "\xff"])
async def test_a_wrong_trace_is_passed_over_and_refuses_nothing(api: Api, wrong: str) -> None:
    headers = [(b"traceparent", wrong.encode("latin-1"))]

    response = await api.client().post("/predictions", json=TEXT, headers=headers)

    assert response.status_code == 202
    task = api.hexagon.queue.take()
    assert task is not None
    assert not task.traces
