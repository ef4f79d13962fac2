"""The plan of a training: what a model learns from a table, and how."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Self

from augury.domain.errors import DomainError
from augury.domain.text import is_storable

MOST_SECONDS = 3_600
"""The longest time that a training may be given."""


class PlanFault(StrEnum):
    """What is wrong with a plan, for adapters that word it themselves."""

    NO_TARGET = "no-target"
    TWO_SPLITS = "two-splits"
    TARGET_HAS_KIND = "target-has-kind"
    CHARACTERS = "characters"
    NO_COST = "no-cost"
    COSTS_FORM = "costs-form"
    KINDS_FORM = "kinds-form"


@dataclass(eq=False)
class InvalidPlan(DomainError):
    """The settings of the training do not go together."""

    reason: str
    fault: PlanFault


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
        if not (0 < self.false_positive < float("inf") and 0 < self.false_negative < float("inf")):
            raise InvalidPlan("both costs must be above 0", PlanFault.NO_COST)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The costs in a text such as `1:5`. Raises `InvalidPlan`."""
        try:
            positive, negative = map(float, text.split(":"))
        except ValueError:
            raise InvalidPlan(
                "write the cost of a false positive and of a false negative, such as 1:5",
                PlanFault.COSTS_FORM,
            ) from None
        return cls(positive, negative)

    def __str__(self) -> str:
        """As `parse` takes it."""
        return f"{self.false_positive:g}:{self.false_negative:g}"

    @property
    def threshold(self) -> float:
        """Above this probability the second class is the cheaper answer, if probabilities are calibrated."""
        return self.false_positive / (self.false_positive + self.false_negative)


class TrainingTask(StrEnum):
    CLASSES = "classes"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to learn from a table, and how. `time` and `group` are columns that decide the split; at most one
    of them is given."""

    target: str
    kinds: Mapping[str, ColumnKind] = field(default_factory=dict)
    """The kinds of columns for which the operator gave one."""
    task: TrainingTask | None = None
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

    def __post_init__(self) -> None:
        if not self.target:
            raise InvalidPlan("the column to predict is missing", PlanFault.NO_TARGET)
        if self.time and self.group:
            raise InvalidPlan("the split is by time or by group, not by both", PlanFault.TWO_SPLITS)
        if self.target in self.kinds:
            raise InvalidPlan("the target is not a feature: leave its kind out", PlanFault.TARGET_HAS_KIND)
        texts = (self.target, *self.kinds, self.time or "", self.group or "", self.positive or "")
        if not all(map(is_storable, texts)):
            raise InvalidPlan("a name contains characters that no column has", PlanFault.CHARACTERS)

    @property
    def settings(self) -> dict[str, Any]:
        """The operator's settings as JSON values. `of` is the inverse. The number of threads is not among
        them: it belongs to the machine."""
        return {
            "target": self.target,
            "kinds": {name: str(kind) for name, kind in self.kinds.items()},
            "task": None if self.task is None else str(self.task),
            "time": self.time,
            "group": self.group,
            "positive": self.positive,
            "cost": [self.cost.false_positive, self.cost.false_negative] if self.cost else None,
            "seconds": self.time_limit.total_seconds(),
        }

    @classmethod
    def of(cls, settings: Mapping[str, Any], *, threads: int = 2) -> Self:
        task, cost = settings["task"], settings["cost"]
        return cls(
            target=settings["target"],
            kinds={name: ColumnKind(kind) for name, kind in settings["kinds"].items()},
            task=TrainingTask(task) if task else None,
            time=settings["time"],
            group=settings["group"],
            positive=settings["positive"],
            cost=Cost(*cost) if cost else None,
            time_limit=timedelta(seconds=settings["seconds"]),
            threads=threads,
        )

    @property
    def digest(self) -> str:
        """The SHA-256 of the settings in hexadecimal: equal for equal plans."""
        return hashlib.sha256(json.dumps(self.settings, sort_keys=True).encode()).hexdigest()


def kinds_of(given: Sequence[str]) -> dict[str, ColumnKind]:
    """The kinds in arguments such as `zip=category`. Raises `InvalidPlan`."""
    kinds = {}
    for each in given:
        name, _, kind = each.rpartition("=")
        if not name or kind not in set(ColumnKind):
            said = f"{each}: write COLUMN=KIND, with a kind of {', '.join(ColumnKind)}"
            raise InvalidPlan(said, PlanFault.KINDS_FORM)
        kinds[name] = ColumnKind(kind)
    return kinds
