"""Models: a version of a name, its price and its state."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from augury.domain.errors import DomainError
from augury.domain.model_facts import ModelFacts
from augury.domain.model_texts import UnfitForModel
from augury.domain.pricing import price_of
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.speed import NOT_MEASURED, Speed
from augury.domain.transfer import MOST_CREDITS, InvalidAmount

MOST_ROW_PRICE = 1_000_000
MOST_TEXT_PRICE = 1_000_000
LEAST_SHARE, MOST_SHARE = 0.01, 0.5
"""The share of all users that a canary may serve."""


_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(eq=False)
class ModelNotFound(DomainError):
    """There is no such model, or it is retired."""

    model: str


@dataclass(eq=False)
class VersionMissing(DomainError):
    """Name a version, such as `tone@1`: a name alone means the version that is active now."""

    model: str


@dataclass(eq=False)
class CardNotFound(DomainError):
    """The file of this model has no card."""

    model: str


@dataclass(eq=False)
class InvalidModelName(DomainError):
    """A model's name is 1 to 63 of the characters a-z, 0-9, "_" and "-", the first a letter or digit."""

    name: str


@dataclass(eq=False)
class ModelRefused(DomainError):
    """The file cannot be served as a model."""

    reason: Reason


@dataclass(eq=False)
class WrongModelState(DomainError):
    """This cannot be done with a version in this state."""

    model: str
    state: "ModelState"


@dataclass(eq=False)
class InvalidShare(DomainError):
    """A canary serves a share of 0.01 to 0.5 of all users."""

    share: float


@dataclass(eq=False)
class NothingToRollBack(DomainError):
    """There is no earlier version to return to."""

    model: str


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A version of a model, written `name@version`."""

    name: str
    version: int

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def is_valid(self) -> bool:
        """Whether a version may have this name."""
        return _NAME.fullmatch(self.name) is not None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `name@version`. Raises `VersionMissing` for a name alone, and `ModelNotFound` for any other
        text, because no model has such a name."""
        name, at, version = text.partition("@")
        if not at and _NAME.fullmatch(name):
            raise VersionMissing(model=name)
        if not (_NAME.fullmatch(name) and version.isascii() and version.isdigit() and len(version) < 10):
            raise ModelNotFound(model=text)
        return cls(name, int(version))


def require_prices(row_price: int, text_price: int) -> None:
    """Raises `InvalidAmount` for a price that no version can have."""
    if not 0 <= row_price <= MOST_ROW_PRICE:
        raise InvalidAmount(amount=row_price, most=MOST_ROW_PRICE)
    if not 0 <= text_price <= MOST_TEXT_PRICE:
        raise InvalidAmount(amount=text_price, most=MOST_TEXT_PRICE)


class ModelState(StrEnum):
    CHECKING = "checking"
    """Its file was sent, and no worker has opened it yet."""
    REFUSED = "refused"
    """Its file cannot be served."""
    READY = "ready"
    """Serves requests that name this version."""
    CANARY = "canary"
    """Also serves a share of the users whose requests name no version."""
    ACTIVE = "active"
    """Also serves requests that name no version."""
    RETIRED = "retired"
    """Serves no new requests. Predictions accepted before still run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One version of a model as it is offered."""

    ref: ModelRef
    facts: ModelFacts
    sha256: str
    """The digest of the file in the model store, in hexadecimal."""
    row_price: int
    """Credits per row."""
    explain_price: int | None = None
    """Credits for the explanation of a row, on top of the row price. None: as much as the row price."""
    text_price: int = 0
    """Credits per kilobyte of text, on top of the row price."""
    state: ModelState
    share: float | None = None
    """For a canary: the share of all users that it serves."""
    replaced: int | None = None
    """The version that was active before this one became active."""
    created_at: datetime
    speed: Speed = field(default=NOT_MEASURED, compare=False)
    """What workers have measured. It decides how work is queued and cut, never what it costs in credits."""

    def __post_init__(self) -> None:
        if not self.ref.is_valid:
            raise InvalidModelName(name=self.ref.name)
        require_prices(self.row_price, self.text_price)
        if self.share is not None and not LEAST_SHARE <= self.share <= MOST_SHARE:
            raise InvalidShare(share=self.share)
        if not 0 <= self.price_of_explanation <= MOST_ROW_PRICE:
            raise InvalidAmount(amount=self.price_of_explanation, most=MOST_ROW_PRICE)

    @property
    def is_active(self) -> bool:
        """Whether requests without a version get this one."""
        return self.state is ModelState.ACTIVE

    @property
    def serves(self) -> bool:
        """Whether it accepts new predictions."""
        return self.state is not ModelState.RETIRED

    def in_state(self, state: ModelState) -> Self:
        """The version in this state, which is not `CANARY`, and without a share."""
        return replace(self, state=state, share=None)

    def as_canary(self, share: float, active: Self) -> Self:
        """Let it serve this share of the users beside the `active` version.

        Raises `WrongModelState`, `InvalidShare`, or `UnfitForModel` if users of the active version would get
        errors or other answers.
        """
        if self.state not in (ModelState.READY, ModelState.CANARY):
            raise WrongModelState(model=str(self.ref), state=self.state)
        if differences := self.facts.differences(active.facts):
            raise UnfitForModel(reason=Reason.of(ReasonCode.NOT_A_CANARY, differences, model=str(active.ref)))
        return replace(self, state=ModelState.CANARY, share=share)

    def after(self, active: Self | None) -> Self:
        """This version as the one that replaces `active`. After a rollback, the version keeps the predecessor
        that it had."""
        if active is None or active.ref == self.ref or active.replaced == self.ref.version:
            return self
        return replace(self, replaced=active.ref.version)

    @property
    def price_of_explanation(self) -> int:
        """Credits for the explanation of a row, on top of the row price."""
        return self.row_price if self.explain_price is None else self.explain_price

    def price_per_row(self, *, explained: bool = False) -> int:
        """Credits per row, with its explanation or without."""
        return self.row_price + self.price_of_explanation if explained else self.row_price

    def price(self, rows: int, text_bytes: int, *, explained: bool = False) -> int:
        """The price of `rows` rows with `text_bytes` bytes of text, in credits. Raises `InvalidAmount`."""
        price = price_of(
            row_price=self.price_per_row(explained=explained),
            rows=rows,
            text_price=self.text_price,
            text_bytes=text_bytes,
        )
        if price > MOST_CREDITS:
            raise InvalidAmount(amount=price)
        return price
