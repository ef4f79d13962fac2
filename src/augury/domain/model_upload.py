"""Model files that were sent to become versions, until a worker has opened them."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from augury.domain.answer_meaning import ReadAs
from augury.domain.errors import DomainError
from augury.domain.identifiers import ModelFileId
from augury.domain.model import InvalidModelName, Model, ModelRef, ModelState, require_prices
from augury.domain.reasons import Reason


@dataclass(eq=False)
class ChecksumMismatch(DomainError):
    """The SHA-256 of the received file differs from the stated one."""

    stated: str
    found: str


@dataclass(eq=False)
class EmptyModelFile(DomainError):
    """The model file is empty."""


class CheckStage(StrEnum):
    WAITING = "waiting"
    """No worker has started to check it."""
    COPYING = "copying"
    """A worker copies the file to its folder."""
    OPENING = "opening"
    """A worker opens the file in a separate process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadTerms:
    """How the version will be offered. Prices are in credits. None means the previous version's price."""

    row_price: int | None = None
    text_price: int | None = None
    activate: bool = True
    read_as: ReadAs | None = None
    """How to read the raw value of a file without a loss function."""

    def __post_init__(self) -> None:
        require_prices(self.row_price or 0, self.text_price or 0)

    def priced(self, model: Model) -> Model:
        """The model with these prices where they are given."""
        row, text = self.row_price, self.text_price
        return replace(
            model,
            row_price=model.row_price if row is None else row,
            text_price=model.text_price if text is None else text,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUpload:
    """A file that was sent, and the version that it will become.

    Only the memory adapter calls `begin` and `hand_back`. PostgreSQL does each in one SQL statement; the
    contract tests keep both equal.
    """

    ref: ModelRef
    file_id: ModelFileId
    sha256: str
    size: int
    """Bytes."""
    terms: UploadTerms
    created_at: datetime
    state: ModelState = ModelState.CHECKING
    """`CHECKING`, `REFUSED`, or `READY` once the version exists."""
    stage: CheckStage = CheckStage.WAITING
    attempts: int = 0
    """How many workers have started to check it. The number is also the fencing token of the latest one."""
    reason: Reason | None = None
    """Why it was refused, or a remark for the operator about the new version."""

    def __post_init__(self) -> None:
        if not self.ref.is_valid:
            raise InvalidModelName(name=self.ref.name)

    def begin(self) -> Self:
        """Record that a worker has taken it, perhaps after another one that died."""
        return replace(self, attempts=self.attempts + 1, stage=CheckStage.WAITING)

    def hand_back(self) -> Self:
        """Record that its worker stops, or a dependency was unavailable. This attempt does not count."""
        return replace(self, attempts=self.attempts - 1, stage=CheckStage.WAITING)

    def refuse(self, reason: Reason) -> Self:
        return replace(self, state=ModelState.REFUSED, reason=reason)

    def accept(self, remark: Reason | None) -> Self:
        """Record that its version exists."""
        return replace(self, state=ModelState.READY, reason=remark)
