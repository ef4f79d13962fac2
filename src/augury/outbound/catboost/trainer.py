"""Trains a model from a table, measures it on rows that had no part in any choice, and writes its card."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from augury.cards.card import MOST_BYTES, Card, Coded, Codes, Skipped, Used, encoded
from augury.domain.dates import part_name
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import ColumnKind, Plan
from augury.outbound.catboost.calibrating import Calibration, calibrate, probabilities
from augury.outbound.catboost.choosing import Choice, choose
from augury.outbound.catboost.fitting import Fitting, Steps, recipes
from augury.outbound.catboost.library import CatBoost, CatBoostClassifier, CatBoostError, words_of
from augury.outbound.catboost.metadata import OwnFacts, write_card, write_own_facts
from augury.outbound.training.preparing import Prepared, prepare
from augury.outbound.training.reporting import (
    calibration_of,
    confusion_of,
    curve_of,
    scores_of,
    threshold_of,
)
from augury.outbound.training.split import FOLDS, Places
from augury.outbound.training.table import read_table
from augury.outbound.training.watch import Untrainable, Watch

_SHARE_FOR_CHOOSING = 0.5  # of the time limit
_GROWTH = 1.4  # the last fit has a quarter more rows than the one before, and the machine may be busier


@dataclass(frozen=True, slots=True)
class _Measured:
    """A model that did not learn from the test rows."""

    model: CatBoost
    trees: int
    rows: Places
    seconds: float
    is_whole: bool
    """Whether it has all its trees, and learned from all rows except those of the test."""


def train_table(
    file: Path, plan: Plan, saved: Path, watch: Watch | None = None, *, encoding: str = "utf-8-sig"
) -> Card:
    """Train a model from the table in `file` and save it as `saved`, with its card. `encoding` is the
    encoding of a CSV file. Raises `Untrainable`.

    Ends within about the plan's time limit, or soon after `watch.stop` is set. Call it in a thread.
    """
    watch = watch or Watch()
    prepared = prepare(read_table(file, encoding), plan, watch)
    try:
        return _trained(prepared, plan, saved, watch)
    except CatBoostError as error:
        raise Untrainable(ReasonCode.NOT_TRAINED_BY_CATBOOST, error=words_of(error)) from error


def _trained(prepared: Prepared, plan: Plan, saved: Path, watch: Watch) -> Card:
    began = time.monotonic()
    limit = plan.time_limit.total_seconds()
    tried = recipes(prepared.features)
    fitting = Fitting(
        prepared.features, prepared.target, plan, Steps(watch, (len(tried) + FOLDS + 1) * plan.trees)
    )
    chosen = choose(fitting, tried, prepared.split, began + _SHARE_FOR_CHOOSING * limit)
    calibration = calibrate(chosen.raw, chosen.truth) if prepared.target.classes else Calibration()
    measured = _measured(fitting, chosen, prepared.split.train, began + limit)
    calibration.apply(measured.model)
    model, notes = measured.model, list(prepared.notes)
    if not measured.is_whole:
        notes.append(Reason.of(ReasonCode.ENDED_EARLY, rows=len(measured.rows)))
    elif time.monotonic() + _GROWTH * measured.seconds > began + limit:
        notes.append(Reason.of(ReasonCode.TIME_WAS_OVER, rows=len(measured.rows)))
    else:
        last = fitting.fit(chosen.recipe, prepared.every_row, trees=measured.trees, budget=plan.trees)
        if last.ended_early:
            notes.append(Reason.of(ReasonCode.ENDED_EARLY, rows=len(measured.rows)))
        else:
            model = last.model
            calibration.apply(model)
    if plan.cost is not None:
        CatBoostClassifier.set_probability_threshold(model, plan.cost.threshold)
    card = _card(prepared, plan, fitting, chosen, measured, model, notes)
    card = msgspec.structs.replace(
        listed_in(card),
        seconds=round(time.monotonic() - began, 1),
        is_interrupted=watch.stop.is_set(),
    )
    _save(prepared, card, model, saved)
    fitting.steps.advance(fitting.steps.total)
    return card


def _measured(fitting: Fitting, chosen: Choice, rows: Places, deadline: float) -> _Measured:
    """The chosen model, fitted to all rows except those of the test. If that ends early, perhaps a fold's
    model."""
    stop, began = fitting.steps.watch.stop, time.monotonic()
    if not stop.is_set():
        fitted = fitting.fit(
            chosen.recipe, rows, trees=chosen.trees, deadline=deadline, budget=fitting.plan.trees
        )
        if 2 * fitted.model.tree_count_ >= chosen.trees:
            return _Measured(
                fitted.model,
                fitted.model.tree_count_,
                rows,
                time.monotonic() - began,
                not fitted.ended_early,
            )
    model = chosen.model
    model.shrink(chosen.trees)
    return _Measured(model, chosen.trees, chosen.rows, 0.0, is_whole=False)


def _card(
    prepared: Prepared,
    plan: Plan,
    fitting: Fitting,
    chosen: Choice,
    measured: _Measured,
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
    """The card, without the least important columns if it would be too large."""
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
    """The used columns, the most important first. A date has the importance of its parts."""
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


def _save(prepared: Prepared, card: Card, model: CatBoost, saved: Path) -> None:
    features = prepared.features
    training = (
        f"{card.table_rows:,} rows of {card.table}; the metrics are those of the same training on "
        f"{card.train_rows:,} of them, measured on {card.test_rows:,} others"
    )
    facts = OwnFacts(
        metrics={each.name: each.value for each in card.scores} | {"test_rows": float(card.test_rows)},
        categories=features.known_values(),
        dates=dict(features.dates),
        training=training,
    )
    write_own_facts(model, facts)
    write_card(model, encoded(card))
    model.save_model(str(saved))
