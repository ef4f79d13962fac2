"""Ports: the model's answers to rows."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from augury.application.ports import Json
from augury.domain.lane import Lane
from augury.domain.model import Model
from augury.domain.row_errors import RowError, RowWarning


@dataclass(frozen=True, slots=True)
class Outcome:
    """A model's answer to one prediction."""

    valid_rows: int
    output: Json | None
    """One object for a single row, else an array with null for each invalid row; None if no row is valid."""
    errors: Sequence[RowError] = ()
    """In the order of the rows, at most one for each row."""
    warnings: Sequence[RowWarning] = ()
    """In the order of the rows. A row may have several; how many are listed is limited."""
    unpredicted_text_bytes: int = 0
    """The text (`bytes_of_text`) of the rows that were not predicted, which is not charged."""


@dataclass(frozen=True, slots=True)
class Question:
    """The rows of one prediction as they were sent: one object if `single`, else an array of objects."""

    input: Json
    single: bool
    rows: int = 1
    """How many rows were accepted."""
    explain: int | None = None
    """How many features of each row are explained, the strongest ones. None: no explanation."""
    top: int | None = None
    """The number of classes that each answer lists, the likeliest first. None: up to `Limits.max_classes`."""


@dataclass(frozen=True, slots=True)
class SliceOutcome:
    """A model's answer to a slice of a batch."""

    valid_rows: int
    content: bytes
    """Answers, errors and warnings in the format of the package `slices`."""
    unpredicted_text_bytes: int = 0
    """The text of the other rows. It is counted only if it has a price."""


Turn: TypeAlias = Callable[[], AbstractAsyncContextManager[None]]
"""Makes a context in which one slice is predicted. The context may begin only after other work has had its
turn. `nullcontext` is a turn that never waits."""


class Predictor(Protocol):
    @abstractmethod
    async def predict(
        self,
        model: Model,
        questions: Sequence[Question],
        turn: Turn = nullcontext,
        lane: Lane = Lane.SMALL,
    ) -> Sequence[Outcome]:
        """Check every row against the model's schema, and predict the valid ones: those of all questions in
        one call of the model, those of a question larger than a slice (`Limits.slice`) slice by slice.
        Explanations also take a slice of time at once. Each slice has its `turn`. Work of the bulk lane gives
        way to all other work on the machine.

        Runs outside the event loop, unless it is known to be short. Both lanes may call it at the same time.
        A row that makes the model raise gets an error; other rows do not.
        Raises `ModelUnavailable` if the model's file is missing, changed or broken.
        """


class SlicePredictor(Protocol):
    @abstractmethod
    async def predict_slice(self, model: Model, sheet: bytes, content: bytes) -> SliceOutcome:
        """Predict a slice of a batch by the same rules as rows. The `sheet` of its batch describes its
        `content`. Raises `ModelUnavailable`."""
