import pytest

from augury.inbound.http.protocol.prefer import wait_seconds


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (b"wait=10", 10),
        (b"WAIT = 10", 10),
        (b'wait="10"', 10),
        (b"respond-async, wait=10", 10),
        (b"wait=10; x=y", 10),
        (b"wait=10, wait=20", 10),
        (b'foo="a, wait=5"', None),
        (b'foo="a, b", wait=5', 5),
        (b'foo="\\", wait=7", wait=5', 5),
        (b'foo="a, wait=5', None),
        (b",,wait=5,", 5),
        (b"wait=0", 0),
        (b"wait=999999999", 60),
        (b"wait=9999999999999999999999", 60),
        (b"wait=00000000000000000005", 5),
        (b"wait", None),
        (b"wait=-5", None),
        (b"wait=1.5", None),
        ("wait=\u0661".encode(), None),
        (b"await=5", None),
        (b"", None),
        (b"\xff", None),
    ],
)
def test_a_wait_is_read_where_there_is_one(prefer: bytes, seconds: int | None) -> None:
    assert wait_seconds(prefer, most=60) == seconds
