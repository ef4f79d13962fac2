import pytest

from augury.concurrency.trace_context import traceparent

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_valid_traceparent_is_passed_on_as_it_is() -> None:
    assert traceparent(TRACE) == TRACE
    assert traceparent("cc" + TRACE[2:]) == "cc" + TRACE[2:]


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        TRACE.upper(),
        TRACE + "\n",
        TRACE + " forged log line",
        TRACE[:-1],
        "ff" + TRACE[2:],
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01",
        TRACE.encode(),
        None,
        7,
    ],
    ids=repr,
)
def test_anything_else_is_not(wrong: object) -> None:
    assert traceparent(wrong) is None
