"""Dates as values of features: how they are written, and the numbers that a model gets from them."""

import re
from datetime import datetime
from enum import StrEnum

_ISO = re.compile(r"(\d{4})[-/](\d{2})[-/](\d{2})(?:[T ](.+))?", re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[T ](.+))?", re.ASCII)
_MOST_CHARACTERS = 40


def read_date(text: str) -> datetime | None:
    """The date and time in `text`, or None. `2026-11-28`, `2026/11/28` and `28.11.2026` are dates, each with
    or without a time after a space or a `T`.

    A time zone is dropped, not converted: the hour is the one that was written. `11/28/2026` is not accepted,
    since `11/10/2026` has two readings.
    """
    text = text.strip()
    if len(text) > _MOST_CHARACTERS:
        return None
    if found := _ISO.fullmatch(text):
        year, month, day, time = found.groups()
    elif found := _DOTTED.fullmatch(text):
        day, month, year, time = found.groups()
    else:
        return None
    time = (time or "00:00").strip()
    if time[1:2] == ":":
        time = f"0{time}"
    try:
        return datetime.fromisoformat(f"{year}-{month:0>2}-{day:0>2}T{time}").replace(tzinfo=None)
    except ValueError:
        return None


class DatePart(StrEnum):
    """A number that is derived from a date."""

    YEAR = "year"
    MONTH = "month"
    """1 to 12."""
    DAY = "day"
    """The day of the month, 1 to 31."""
    WEEKDAY = "weekday"
    """0 (Monday) to 6."""
    HOUR = "hour"
    """0 to 23."""

    def of(self, date: datetime) -> int:
        match self:
            case DatePart.YEAR:
                return date.year
            case DatePart.MONTH:
                return date.month
            case DatePart.DAY:
                return date.day
            case DatePart.WEEKDAY:
                return date.weekday()
            case DatePart.HOUR:
                return date.hour


def part_name(feature: str, part: DatePart) -> str:
    """The name of the model's own feature for this part of the date in `feature`."""
    return f"{feature}.{part}"
