"""The operator's settings for a training, and its reports."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from threading import Event


class Untrainable(Exception):
    """No model can be trained on this table with these settings. `str()` says why."""


class ColumnKind(StrEnum):
    """How a column is used."""

    NUMBER = "number"
    CATEGORY = "category"
    TEXT = "text"
    DATE = "date"
    SKIP = "skip"
    """It is not used."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of the two errors of a classifier of two classes, in any unit."""

    false_positive: float
    """Answering the second class if the first is true."""
    false_negative: float

    def __post_init__(self) -> None:
        if not (self.false_positive > 0 and self.false_negative > 0):
            raise Untrainable("both costs must be above 0")

    @property
    def threshold(self) -> float:
        """Above this probability the second class is the cheaper answer, if probabilities are calibrated."""
        return self.false_positive / (self.false_positive + self.false_negative)


class Task(StrEnum):
    CLASSES = "classes"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`time` and `group` are columns that decide the split; at most one is given."""

    target: str
    kinds: Mapping[str, ColumnKind] = field(default_factory=dict)
    """The kinds of columns for which the operator gave one."""
    task: Task | None = None
    time: str | None = None
    group: str | None = None
    positive: str | None = None
    """For two classes: the class whose probability counts."""
    cost: Cost | None = None
    time_limit: timedelta = timedelta(minutes=3)
    threads: int = 2
    trees: int = 1_500
    """The most trees."""
    seed: int = 1


OnStep = Callable[[int, int], None]
"""Is called with the steps done and the steps in all."""
OnFound = Callable[[str], None]
"""Called with a sentence for people about each finding in the table, as soon as it is known."""


def _nobody(*_: object) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How the operator follows a training, and ends it early."""

    on_step: OnStep = _nobody
    on_found: OnFound = _nobody
    stop: Event = field(default_factory=Event)
    """Once set, the training ends soon, with the best model so far."""
