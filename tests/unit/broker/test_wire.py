import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from augury.application.ports import Json
from augury.application.predictions.ports.events import Ended, Ending
from augury.broker.wire import NotUnderstood, events_body, read_events, read_task, task_body, task_headers
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import Failure, Status

ID = "0199c0de-0000-7000-8000-000000000001"

OTHER = "0199c0de-0000-7000-8000-000000000002"


def test_a_task_is_these_bytes() -> None:
    """Processes of other versions read them, so the previous version must understand any change."""
    ids = [PredictionId(UUID(ID)), PredictionId(UUID(OTHER))]

    assert task_body(ids, 1) == b'{"prediction_ids":["%s","%s"],"attempt":1}' % (ID.encode(), OTHER.encode())
    assert task_body(ids[:1], 3) == b'{"prediction_ids":["%s"],"attempt":3}' % ID.encode()
    assert task_headers([None]) is task_headers([None, None]) is None
    assert task_headers([TRACES[0]]) == {"traceparent": TRACES[0]}
    assert task_headers([None, TRACES[0]]) == {"traceparents": ["", TRACES[0]]}


def test_events_are_these_bytes() -> None:
    body = (
        b'[{"prediction_id":"0199c0de-0000-7000-8000-000000000001",'
        b'"user_id":"0199c0de-0000-7000-8000-000000000002","status":"succeeded"}]'
    )
    ended = [Ended(PredictionId(UUID(ID)), UserId(UUID(OTHER)), Status.SUCCEEDED)]

    assert events_body(ended) == body
    assert read_events(body) == ended


ENDING = Ending(
    attempts=2,
    started_at=datetime(2026, 11, 28, 12, 0, 0, 120, UTC),
    finished_at=datetime(2026, 11, 28, 12, 0, 1, tzinfo=UTC),
    valid_rows=1,
    output=Json(b'{"label": "ok"}'),
)


@pytest.mark.parametrize(
    ("ending", "more"),
    [
        (ENDING, b'"valid_rows":1,"output":{"label": "ok"}'),
        (replace(ENDING, output=None, valid_rows=0), b'"valid_rows":0'),
        (replace(ENDING, valid_text_bytes=7, output=None), b'"valid_rows":1,"valid_text_bytes":7'),
        (
            replace(ENDING, valid_rows=0, output=None, failure=Failure.MODEL_UNAVAILABLE),
            b'"valid_rows":0,"failure":"model_unavailable"',
        ),
    ],
)
def test_an_event_with_its_result_is_these_bytes(ending: Ending, more: bytes) -> None:
    body = (
        b'[{"prediction_id":"0199c0de-0000-7000-8000-000000000001",'
        b'"user_id":"0199c0de-0000-7000-8000-000000000002","status":"succeeded","ending":{"attempts":2,'
        b'"started_at":"2026-11-28T12:00:00.000120Z","finished_at":"2026-11-28T12:00:01Z",%s}}]' % more
    )
    ended = [Ended(PredictionId(UUID(ID)), UserId(UUID(OTHER)), Status.SUCCEEDED, ending)]

    assert events_body(ended) == body
    assert read_events(body) == ended


def test_an_event_of_a_later_version_may_say_more() -> None:
    body = json.dumps(
        [{"prediction_id": ID, "user_id": OTHER, "status": "failed", "more": "than we know"}]
    ).encode()

    assert read_events(body) == [Ended(PredictionId(UUID(ID)), UserId(UUID(OTHER)), Status.FAILED)]


@pytest.mark.parametrize("wrong", [b"", b"null", b"{}", b'[{"status": "failed"}]', b"\xff"], ids=repr)
def test_what_is_no_event_is_refused(wrong: bytes) -> None:
    with pytest.raises(NotUnderstood):
        read_events(wrong)


def body(**fields: object) -> bytes:
    return json.dumps({"prediction_ids": [ID], "attempt": 1} | fields).encode()


def test_a_message_names_predictions_and_the_attempt() -> None:
    task = read_task(body(attempt=2))

    assert [str(each) for each in task.prediction_ids] == [ID]
    assert task.attempt == 2


def test_a_first_attempt_names_up_to_sixteen_predictions() -> None:
    ids = [str(uuid4()) for _ in range(256)]

    assert [str(each) for each in read_task(body(prediction_ids=ids)).prediction_ids] == ids


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
        body(prediction_ids=[ID] * 257),
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
    with pytest.raises(NotUnderstood):
        read_task(wrong)


TRACES = [
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "",
    "00-" + "a" * 32 + "-" + "b" * 16 + "-00",
]


def test_a_message_about_one_prediction_may_carry_its_trace() -> None:
    task = read_task(body(), {"traceparent": TRACES[0]})

    assert list(task.traces.values()) == [TRACES[0]]


def test_a_message_about_many_carries_a_trace_for_each_in_their_order() -> None:
    ids = [str(uuid4()) for _ in TRACES]

    task = read_task(body(prediction_ids=ids), {"traceparents": TRACES})

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
    assert read_task(body(), headers).traces == {}


@pytest.mark.parametrize("said", [TRACES[0], 5, [], [None, 1], [{}] * 20], ids=repr)
def test_lists_that_mean_nothing_are_passed_over(said: object) -> None:
    ids = [str(uuid4()) for _ in TRACES]

    assert read_task(body(prediction_ids=ids), {"traceparents": said}).traces == {}
