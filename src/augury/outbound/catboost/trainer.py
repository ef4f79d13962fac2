"""Trains a model from a table, measures it on rows that had no part in any choice, and saves it."""

import time
from pathlib import Path

import msgspec

from augury.cards.card import Card, encoded
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import Plan
from augury.outbound.catboost.calibrating import Calibration, calibrate
from augury.outbound.catboost.choosing import Choice, choose
from augury.outbound.catboost.fitting import Fitting, Steps, recipes
from augury.outbound.catboost.library import CatBoost, CatBoostClassifier, CatBoostError, words_of
from augury.outbound.catboost.metadata import OwnFacts, write_card, write_own_facts
from augury.outbound.catboost.training_card import Measured, card_of, listed_in
from augury.outbound.training.preparing import Prepared, prepare
from augury.outbound.training.split import FOLDS, Places
from augury.outbound.training.table import read_table
from augury.outbound.training.watch import Untrainable, Watch

_SHARE_FOR_CHOOSING = 0.5  # of the time limit
_GROWTH = 1.4  # the last fit has a quarter more rows than the one before, and the machine may be busier


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
    card = card_of(prepared, plan, fitting, chosen, measured, model, notes)
    card = msgspec.structs.replace(
        listed_in(card),
        seconds=round(time.monotonic() - began, 1),
        is_interrupted=watch.stop.is_set(),
    )
    _save(prepared, card, model, saved)
    fitting.steps.advance(fitting.steps.total)
    return card


def _measured(fitting: Fitting, chosen: Choice, rows: Places, deadline: float) -> Measured:
    """The chosen model, fitted to all rows except those of the test. If the fit ends before half of the
    trees, a fold's model."""
    stop, began = fitting.steps.watch.stop, time.monotonic()
    if not stop.is_set():
        fitted = fitting.fit(
            chosen.recipe, rows, trees=chosen.trees, deadline=deadline, budget=fitting.plan.trees
        )
        if 2 * fitted.model.tree_count_ >= chosen.trees:
            return Measured(
                fitted.model,
                fitted.model.tree_count_,
                rows,
                time.monotonic() - began,
                not fitted.ended_early,
            )
    model = chosen.model
    model.shrink(chosen.trees)
    return Measured(model, chosen.trees, chosen.rows, 0.0, is_whole=False)


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
