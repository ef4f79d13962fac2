"""Periods of time as parts of statements."""

from datetime import timedelta


def interval(time: timedelta) -> str:
    """The SQL literal of whole seconds."""
    return f"interval '{seconds(time)} seconds'"


def seconds(time: timedelta) -> int:
    return int(time.total_seconds())


def is_older(column: str, kept: timedelta) -> str:
    """The condition that the time in `column` was more than `kept` ago."""
    return f"{column} < now() - {interval(kept)}"
