"""The card of a model: what it was trained on and how good it is. It travels in the model's file."""

from collections.abc import Mapping, Sequence
from typing import Self

import msgspec

from augury.domain.reasons import Reason

VERSION = 2
"""Cards of version 1 have words only."""
MOST_BYTES = 500_000
"""A larger card is refused, because it is stored beside the model and shown as one page."""


class Coded(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sentence of the card as a code with its values, for other languages. `parts` are sentences in it."""

    code: str
    values: Mapping[str, str | int | float] = {}
    parts: Sequence["Coded"] = []

    @classmethod
    def of(cls, reason: Reason) -> Self:
        return msgspec.convert(reason.encoded, cls)

    def reason(self, words: str) -> Reason:
        """The words serve for a code of a newer release."""
        return Reason.read(msgspec.to_builtins(self), words)


class Used(msgspec.Struct, frozen=True, omit_defaults=True):
    """A feature, and how it was found. `importance` is in percent of all features' together."""

    name: str
    kind: str
    why: str
    """In English."""
    missing: float
    """The share of rows without a value."""
    importance: float
    because: Coded | None = None
    """`why` as a code."""


class Skipped(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    why: str
    """In English."""
    because: Coded | None = None
    """`why` as a code."""


class Score(msgspec.Struct, frozen=True):
    """A score on the test rows, the interval of 95 % of 400 resamples, and the baseline's score."""

    name: str
    value: float
    low: float
    high: float
    baseline: float


class Bin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Test rows with similar answers: the mean of the answers, and the mean of the truth."""

    said: float
    seen: float
    rows: int
    low: float = 0.0
    """For a number: the tenth and the ninetieth percentile of the truth. A class has no such members."""
    high: float = 0.0


class Confusion(msgspec.Struct, frozen=True, omit_defaults=True):
    """`rows[i][j]`: test rows of class i for which the model answered class j."""

    labels: Sequence[str]
    rows: Sequence[Sequence[int]]
    has_others: bool = False
    """Whether the last label stands for all classes that are not listed."""


class Curve(msgspec.Struct, frozen=True):
    """The loss by the number of trees, as the mean over the folds."""

    loss: str
    trees: Sequence[int]
    training: Sequence[float]
    validation: Sequence[float]


class Threshold(msgspec.Struct, frozen=True):
    """The decision threshold of two classes, and its cost per test row compared with other rules."""

    value: float
    positive: str
    false_positive: float
    false_negative: float
    cost: float
    cost_at_half: float
    cost_of_always: float
    """The cost of the cheaper of "always the first class" and "always the second class"."""


class Codes(msgspec.Struct, frozen=True, kw_only=True):
    """Sentences of the card as codes."""

    split: Coded
    settings: Coded
    baseline: Coded
    notes: Sequence[Coded] = ()


class Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`split`, `settings`, `baseline` and `notes` are in English. `codes` has them for other languages."""

    version: int = VERSION
    task: str
    """`classes` or `number`."""
    target: str
    trained_at: str
    table: str
    """The name of its file."""
    table_sha256: str
    table_rows: int
    train_rows: int
    """Rows on which the scores' model was trained. The model itself was trained on all of them."""
    test_rows: int
    split: str
    trees: int
    seconds: float
    settings: str
    baseline: str
    is_interrupted: bool = False
    notes: Sequence[str] = ()
    features: Sequence[Used] = ()
    skipped: Sequence[Skipped] = ()
    scores: Sequence[Score] = ()
    calibration: Sequence[Bin] = ()
    confusion: Confusion | None = None
    threshold: Threshold | None = None
    curve: Curve | None = None
    codes: Codes | None = None


class UnreadableCard(ValueError):
    """The text is not a card of a version that this release knows."""


def encoded(card: Card) -> bytes:
    return msgspec.json.encode(card)


def decoded(text: bytes | str) -> Card:
    """Raises `UnreadableCard`."""
    if len(text) > MOST_BYTES:
        raise UnreadableCard(f"it has more than {MOST_BYTES:,} bytes")
    try:
        card = msgspec.json.decode(text, type=Card)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableCard(str(error)) from error
    if not 1 <= card.version <= VERSION:
        raise UnreadableCard(f"it is of version {card.version}, not {VERSION}")
    return card
