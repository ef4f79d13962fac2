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
    """A sentence of the card as a code with its values, for other languages. It contains the sentences
    `parts`."""

    code: str
    values: Mapping[str, str | int | float] = {}
    parts: Sequence["Coded"] = []

    @classmethod
    def of(cls, reason: Reason) -> Self:
        return msgspec.convert(reason.encoded, cls)

    def reason(self, words: str) -> Reason:
        """The sentence as a reason. For a code of a newer release, it has these English `words`."""
        return Reason.read(msgspec.to_builtins(self), words)


class Used(msgspec.Struct, frozen=True, omit_defaults=True):
    """A feature of the model."""

    name: str
    kind: str
    why: str
    """Why the column is used in this way, in English."""
    missing: float
    """The share of rows without a value, from 0 to 1."""
    importance: float
    """In percent. The importances of all features add up to 100."""
    because: Coded | None = None
    """`why` as a code."""


class Skipped(msgspec.Struct, frozen=True, omit_defaults=True):
    """A column that the model does not use."""

    name: str
    why: str
    """In English."""
    because: Coded | None = None
    """`why` as a code."""


class Score(msgspec.Struct, frozen=True):
    """A score on the test rows, its 95 % interval from 400 resamples, and the baseline's score."""

    name: str
    value: float
    low: float
    high: float
    baseline: float


class Bin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Test rows with similar answers: the mean of the answers, and the mean of the truth."""

    said: float
    """The mean of the predictions: probabilities of a class, or numbers."""
    seen: float
    """The observed share of the class, or the mean of the true numbers."""
    rows: int
    low: float = 0.0
    """For numbers: the 10th percentile of the true ones. Missing for a class, like `high`."""
    high: float = 0.0
    """For numbers: the 90th percentile of the true ones."""


class Confusion(msgspec.Struct, frozen=True, omit_defaults=True):
    """`rows[i][j]`: test rows of class i for which the model answered class j."""

    labels: Sequence[str]
    rows: Sequence[Sequence[int]]
    has_others: bool = False
    """Whether the last label stands for all classes that are not listed."""


class Curve(msgspec.Struct, frozen=True):
    """The loss by the number of trees, as the mean over the folds."""

    loss: str
    """CatBoost's name of the loss, such as `Logloss`."""
    trees: Sequence[int]
    training: Sequence[float]
    validation: Sequence[float]


class Threshold(msgspec.Struct, frozen=True):
    """The decision threshold of two classes, and its cost per test row compared with other rules."""

    value: float
    positive: str
    false_positive: float
    """The cost of answering `positive` wrongly, as the operator gave it."""
    false_negative: float
    """The cost of missing a `positive`."""
    cost: float
    """The mean cost of a test row with this threshold."""
    cost_at_half: float
    """The mean cost with a threshold of 0.5."""
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
    """In ISO 8601, with seconds, in UTC."""
    table: str
    """The name of its file."""
    table_sha256: str
    table_rows: int
    train_rows: int
    """Rows on which the measured model was trained. The model in the file was then trained on all rows,
    unless a note says otherwise."""
    test_rows: int
    split: str
    trees: int
    seconds: float
    """How long the training took."""
    settings: str
    baseline: str
    is_interrupted: bool = False
    """Whether an operator ended the training early."""
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
