"""The card of a model that was trained here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from augury.cards.card import MOST_BYTES, Card, Coded, Codes, Skipped, Used, encoded
from augury.domain.dates import part_name
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import ColumnKind, Plan
from augury.outbound.catboost.calibrating import probabilities
from augury.outbound.catboost.choosing import Choice
from augury.outbound.catboost.fitting import Fitting
from augury.outbound.catboost.library import CatBoost
from augury.outbound.training.preparing import Prepared
from augury.outbound.training.reporting import (
    calibration_of,
    confusion_of,
    curve_of,
    scores_of,
    threshold_of,
)
from augury.outbound.training.split import Places


@dataclass(frozen=True, slots=True)
class Measured:
    """A model that did not learn from the test rows."""

    model: CatBoost
    trees: int
    rows: Places
    seconds: float
    is_whole: bool
    """Whether it has all its trees, and learned from all rows except those of the test."""


def card_of(
    prepared: Prepared,
    plan: Plan,
    fitting: Fitting,
    chosen: Choice,
    measured: Measured,
    model: CatBoost,
    notes: Sequence[Reason],
) -> Card:
    target, split = prepared.target, prepared.split
    threshold = plan.cost.threshold if plan.cost else None
    raw = fitting.raw(measured.model, split.test)
    answers = probabilities(raw) if target.classes else raw
    settings = chosen.recipe.chosen(chosen.folds)
    scores, baseline = scores_of(target, split.train, split.test, answers, threshold, split.units)
    return Card(
        task=target.task,
        target=plan.target,
        trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
        table=prepared.table.name,
        table_sha256=prepared.table.sha256,
        table_rows=prepared.table.rows,
        train_rows=len(measured.rows),
        test_rows=len(split.test),
        split=str(split.how),
        trees=measured.trees,
        seconds=0.0,
        settings=str(settings),
        baseline=str(baseline),
        notes=list(map(str, notes)),
        features=_features(prepared, model),
        skipped=[
            Skipped(each.name, str(each.why), Coded.of(each.why))
            for each in prepared.columns
            if each.kind is ColumnKind.SKIP
        ],
        scores=scores,
        calibration=calibration_of(target, split.test, answers),
        confusion=confusion_of(target, split.test, answers, threshold),
        threshold=threshold_of(target, split.test, answers, plan.cost),
        curve=curve_of(fitting.loss, chosen.training, chosen.validation),
        codes=Codes(
            split=Coded.of(split.how),
            settings=Coded.of(settings),
            baseline=Coded.of(baseline),
            notes=list(map(Coded.of, notes)),
        ),
    )


def listed_in(card: Card) -> Card:
    """The card, without the least important columns if it would be too large. A note says so."""
    count = len(card.features) + len(card.skipped)
    listed, whole = count, card
    while len(encoded(card)) > MOST_BYTES:
        listed //= 2
        note = Reason.of(ReasonCode.COLUMNS_NOT_LISTED, listed=listed, count=count)
        assert whole.codes is not None
        card = msgspec.structs.replace(
            whole,
            features=whole.features[:listed],
            skipped=whole.skipped[: max(0, listed - len(whole.features))],
            notes=[*whole.notes, str(note)],
            codes=msgspec.structs.replace(whole.codes, notes=[*whole.codes.notes, Coded.of(note)]),
        )
    return card


def _features(prepared: Prepared, model: CatBoost) -> list[Used]:
    """The used columns, the most important first. A date has the importance of its parts together."""
    shares = dict.fromkeys((each.name for each in prepared.columns), 0.0)
    owner = {part_name(date, part): date for date, parts in prepared.features.dates.items() for part in parts}
    for name, share in zip(model.feature_names_, model.get_feature_importance(), strict=True):
        shares[owner.get(name, name)] += float(share)
    used = [
        Used(
            each.name,
            each.kind,
            str(each.why),
            round(sum(cell is None for cell in each.cells) / len(each.cells), 4),
            round(shares[each.name], 2),
            Coded.of(each.why),
        )
        for each in prepared.columns
        if each.kind is not ColumnKind.SKIP
    ]
    return sorted(used, key=lambda each: -each.importance)
