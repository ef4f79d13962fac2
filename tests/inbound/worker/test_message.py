import json
from uuid import uuid4

import msgspec
import pytest

from augury.inbound.worker.message import decode

ID = "0199c0de-0000-7000-8000-000000000001"


def body(**fields: object) -> bytes:
    return json.dumps({"prediction_ids": [ID], "attempt": 1} | fields).encode()


def test_a_message_names_predictions_and_the_attempt() -> None:
    task = decode(body(attempt=2))

    assert [str(each) for each in task.prediction_ids] == [ID]
    assert task.attempt == 2


def test_a_first_attempt_names_up_to_sixteen_predictions() -> None:
    ids = [str(uuid4()) for _ in range(16)]

    assert [str(each) for each in decode(body(prediction_ids=ids)).prediction_ids] == ids


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"\x00\xff" * 1000,
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b"[" * 100_000,
        body()[:-1],
        body(prediction_ids=[]),
        body(prediction_ids=[ID] * 17),
        body(prediction_ids=[ID, ID], attempt=2),
        body(prediction_ids=ID),
        body(prediction_ids=[1]),
        body(prediction_ids=["not an id"]),
        body(attempt=0),
        body(attempt="1"),
        body(attempt=1.5),
        body(attempt=None),
        body(more="than we know"),
        json.dumps({"prediction_ids": [ID]}).encode(),
    ],
    ids=lambda wrong: repr(wrong[:40]),
)
def test_what_is_no_such_message_is_refused(wrong: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode(wrong)


TRACES = [
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "",
    "00-" + "a" * 32 + "-" + "b" * 16 + "-00",
]


def test_a_message_about_one_prediction_may_carry_its_trace() -> None:
    task = decode(body(), {"traceparent": TRACES[0]})

    assert list(task.traces.values()) == [TRACES[0]]


def test_a_message_about_many_carries_a_trace_for_each_in_their_order() -> None:
    ids = [str(uuid4()) for _ in TRACES]

    task = decode(body(prediction_ids=ids), {"traceparents": TRACES})

    assert {str(each): trace for each, trace in task.traces.items()} == {ids[0]: TRACES[0], ids[2]: TRACES[2]}


@pytest.mark.parametrize(
    "headers",
    [
        {"traceparent": "forged\nline"},
        {"traceparent": None},
        {"traceparent": [TRACES[0]]},
        {"traceparents": TRACES},
        {"x-other": 1},
    ],
    ids=repr,
)
def test_headers_that_mean_nothing_are_passed_over(headers: dict[str, object]) -> None:
    assert decode(body(), headers).traces == {}


@pytest.mark.parametrize("said", [TRACES[0], 5, [], [None, 1], [{}] * 20], ids=repr)
def test_lists_that_mean_nothing_are_passed_over(said: object) -> None:
    ids = [str(uuid4()) for _ in TRACES]

    assert decode(body(prediction_ids=ids), {"traceparents": said}).traces == {}
