"""What we write into a model file's metadata: facts that CatBoost does not store, and the model's card."""

from collections.abc import Mapping
from itertools import chain
from typing import Annotated

import msgspec

from augury.cards.card import UnreadableCard, decoded
from augury.domain.dates import DatePart
from augury.domain.model import ModelRefused
from augury.domain.model_texts import ModelTexts
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.text import is_storable
from augury.outbound.catboost.library import CatBoost

SCHEMA_VERSION = 1

_CARD = "augury_card"  # the key of the model's card

OWN_FACTS = "augury"  # the key of our own facts among the file's metadata


class OwnFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Facts that CatBoost does not store itself. The model's author writes them to the file's metadata."""

    schema_version: int = SCHEMA_VERSION
    metrics: dict[str, float] = {}
    categories: dict[str, tuple[str, ...]] = {}
    """The values of categorical features that the model was trained on."""
    outputs: tuple[str, ...] = ()
    """The names of the values of a model that answers several, such as those of its targets."""
    dates: dict[str, tuple[DatePart, ...]] = {}
    """Dates that customers send, and the parts of each that are the model's own last features, in this order:
    `when.year`, `when.month`, …"""
    unsure_below: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    """A label with a lower probability is shown as unsure."""
    training: str = ""
    """How the model was trained, in words."""
    texts: ModelTexts = msgspec.field(default_factory=ModelTexts)
    """Display names and descriptions, by language."""


def write_own_facts(model: CatBoost, facts: OwnFacts) -> None:
    """Put the facts into the model's metadata, which is saved with it."""
    model.get_metadata()[OWN_FACTS] = msgspec.json.encode(facts).decode()


def write_card(model: CatBoost, card: bytes) -> None:
    """Put the card into the model's metadata. It does not belong to the facts, which are read at every
    start."""
    model.get_metadata()[_CARD] = card.decode()


def card_of(model: CatBoost) -> str | None:
    """The card in the file, if there is one. Raises `ModelRefused` if it is unreadable."""
    text = model.get_metadata().get(_CARD)
    if text is None:
        return None
    try:
        decoded(text)
    except UnreadableCard as error:
        reason = Reason.of(ReasonCode.CARD_UNREADABLE, name=_CARD, error=str(error))
        raise ModelRefused(reason=reason) from error
    return str(text)


def own_facts_of(model: CatBoost) -> OwnFacts:
    """The facts in the file, or the defaults if it has none. Raises `ModelRefused` if they are unreadable."""
    text = model.get_metadata().get(OWN_FACTS)
    if text is None:
        return OwnFacts()
    try:
        facts = msgspec.json.decode(text, type=OwnFacts)
    except msgspec.MsgspecError as error:
        reason = Reason.of(ReasonCode.METADATA_UNREADABLE, name=OWN_FACTS, error=str(error))
        raise ModelRefused(reason=reason) from error
    if facts.schema_version != SCHEMA_VERSION:
        found = facts.schema_version
        raise ModelRefused(reason=Reason.of(ReasonCode.METADATA_VERSION, found=found, known=SCHEMA_VERSION))
    if not all(map(is_storable, [*facts.metrics, *chain.from_iterable(facts.categories.values())])):
        raise ModelRefused(reason=Reason.of(ReasonCode.METADATA_CHARACTERS, name=OWN_FACTS))
    return facts


def dates_of(model: CatBoost) -> Mapping[str, tuple[DatePart, ...]]:
    """The dates that customers send, and the parts of each that the model takes."""
    return own_facts_of(model).dates
