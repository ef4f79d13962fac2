from datetime import timedelta

from augury.domain.request_rate import TooManyTries


def test_who_must_wait_is_told_whole_seconds_and_never_too_few() -> None:
    assert TooManyTries.after(timedelta(milliseconds=1)).retry_after == 1
    assert TooManyTries.after(timedelta(seconds=59, microseconds=1)).retry_after == 60
