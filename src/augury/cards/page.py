"""A card as one HTML page: no script, no request, every text of the card escaped."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from augury.cards.card import Card, Score, Threshold
from augury.cards.plots import calibration_plot, confusion_table, curve_plot, importance_plot, residual_plot

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_NAMES = {
    "auc": "AUC",
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "logloss": "log loss",
    "calibration_error": "calibration error",
    "rmse": "RMSE",
    "mae": "mean absolute error",
    "r2": "R²",
}
_LOWER_IS_BETTER = {"logloss", "calibration_error", "rmse", "mae"}


def page(card: Card, model: str) -> str:
    """The card of `model`, such as churn@1."""
    title = escape(model)
    sections = [
        _section("How good it is", _scores(card)),
        _section("Threshold", _threshold(card.threshold)) if card.threshold else "",
        _section("Which features count", importance_plot(card.features)) if card.features else "",
        _calibration(card),
        _section("What it confuses", confusion_table(card.confusion)) if card.confusion else "",
        _curve(card),
        _section("What it was trained on", _table(card)),
        _section("Columns", _columns(card)),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}: model card</title><style>{_STYLE}</style></head><body><main>"
        f"<header><p>Model card</p><h1>{title}</h1><p>{_summary(card)}</p></header>"
        f"{_notes(card)}{''.join(sections)}</main></body></html>\n"
    )


def _summary(card: Card) -> str:
    what = "the class" if card.task == "classes" else "the number"
    return (
        f"Predicts {what} <b>{escape(card.target)}</b> from {len(card.features)} "
        f"column{'s' * (len(card.features) != 1)}. Trained on {escape(card.trained_at[:10])} "
        f"from {card.table_rows:,} rows of {escape(card.table)}."
    )


def _notes(card: Card) -> str:
    notes = ["The training was interrupted."] * card.is_interrupted + [escape(each) for each in card.notes]
    return f'<ul class="notes">{"".join(f"<li>{each}</li>" for each in notes)}</ul>' if notes else ""


def _scores(card: Card) -> str:
    rows = "".join(_score(each) for each in card.scores)
    return (
        '<div class="wide"><table><thead><tr><th>score</th><th>this model</th><th>95 % interval</th>'
        f"<th>baseline</th></tr></thead><tbody>{rows}</tbody></table></div>"
        f"<p>Measured on {card.test_rows:,} rows that had no part in any choice. The interval comes from 400 "
        f"resamples. The baseline answers {escape(card.baseline)}.</p>"
    )


def _score(score: Score) -> str:
    name = _NAMES.get(score.name, score.name)
    hint = " (lower is better)" if score.name in _LOWER_IS_BETTER else ""
    return (
        f"<tr><th>{escape(name)}{hint}</th><td><b>{score.value:.4g}</b></td>"
        f"<td>{score.low:.4g} – {score.high:.4g}</td><td>{score.baseline:.4g}</td></tr>"
    )


def _threshold(threshold: Threshold) -> str:
    positive = escape(threshold.positive)
    return (
        f"<p>The answer is <b>{positive}</b> above a probability of <b>{threshold.value:.4g}</b>. Answering "
        f"it wrongly costs {threshold.false_positive:g}, missing it costs {threshold.false_negative:g}.</p>"
        f"<p>Cost per test row: <b>{threshold.cost:.4g}</b>; with a threshold of 0.5 it is "
        f"{threshold.cost_at_half:.4g}, and "
        f"{threshold.cost_of_always:.4g} if all rows get the cheaper answer.</p>"
    )


def _calibration(card: Card) -> str:
    if not card.calibration:
        return ""
    if card.task != "classes":
        return _section("True and predicted numbers", residual_plot(card.calibration))
    words = "<p>Points on the diagonal are reliable probabilities. Larger points have more rows.</p>"
    return _section("Are its probabilities reliable?", calibration_plot(card.calibration) + words)


def _curve(card: Card) -> str:
    if card.curve is None:
        return ""
    words = (
        f"<p>Mean loss of the folds, by trees. The strong line shows rows that the model did not learn "
        f"from, the faint line rows that it did. It has {card.trees:,} trees ({escape(card.settings)}).</p>"
    )
    return _section("Learning curve", curve_plot(card.curve) + words)


def _table(card: Card) -> str:
    facts = [
        ("table", f"{escape(card.table)}, {card.table_rows:,} rows"),
        ("SHA-256", f"<code>{escape(card.table_sha256)}</code>"),
        ("split", escape(card.split)),
        ("scores", f"learned from {card.train_rows:,} rows, measured on {card.test_rows:,}"),
        ("training", f"{card.seconds:g} s, ended {escape(card.trained_at)}"),
    ]
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{text}</dd>' for name, text in facts)}</dl>"


def _columns(card: Card) -> str:
    used = [
        (each.name, each.kind, each.why, f"{each.missing:.1%}", f"{each.importance:.1f} %")
        for each in card.features
    ]
    skipped = [(each.name, "not used", each.why, "", "") for each in card.skipped]
    head = ("column", "used as", "why", "missing", "importance")
    return f'<div class="wide">{_grid(head, [*used, *skipped])}</div>'


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    names = "".join(f"<th>{escape(each)}</th>" for each in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(each)}</td>' for each in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"
