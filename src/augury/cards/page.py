"""A card as one HTML page. It has no scripts and makes no requests, and every text of the card is escaped."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from augury.cards.card import Card, Coded, Score, Threshold
from augury.cards.plots import calibration_plot, confusion_table, curve_plot, importance_plot, residual_plot
from augury.cards.words import Words, words

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_LOWER_IS_BETTER = {"logloss", "calibration_error", "rmse", "mae"}


def page(card: Card, model: str, language: str = "en") -> str:
    """The card of `model`, such as churn@1. `language` is `en` or `ru`."""
    return _Page(card, words(language)).drawn(model)


@dataclass(frozen=True, slots=True)
class _Page:
    card: Card
    say: Words

    def drawn(self, model: str) -> str:
        card, say = self.card, self.say
        title = escape(model)
        sections = [
            self._section("scores", self._scores()),
            self._section("threshold", self._threshold(card.threshold)) if card.threshold else "",
            self._section("importance", importance_plot(card.features, say)) if card.features else "",
            self._calibration(),
            self._section("confusion", confusion_table(card.confusion, say)) if card.confusion else "",
            self._curve(),
            self._section("data", self._table()),
            self._section("columns", self._columns()),
        ]
        return (
            f'<!doctype html><html lang="{say.language}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{say('card-title', model=title)}</title><style>{_STYLE}</style></head><body><main>"
            f"<header><p>{say('card')}</p><h1>{title}</h1><p>{self._summary()}</p></header>"
            f"{self._notes()}{''.join(sections)}</main></body></html>\n"
        )

    def _summary(self) -> str:
        card = self.card
        return self.say(
            "card-class" if card.task == "classes" else "card-number",
            target=_bold(card.target),
            columns=len(card.features),
            day=escape(card.trained_at[:10]),
            rows=card.table_rows,
            table=escape(card.table),
        )

    def _notes(self) -> str:
        codes = self.card.codes
        coded = (
            codes.notes
            if codes and len(codes.notes) == len(self.card.notes)
            else [None] * len(self.card.notes)
        )
        said = [self._said(code, text) for code, text in zip(coded, self.card.notes, strict=True)]
        notes = [self.say("card-interrupted")] * self.card.is_interrupted + said
        return f'<ul class="notes">{"".join(f"<li>{each}</li>" for each in notes)}</ul>' if notes else ""

    def _said(self, code: Coded | None, text: str) -> str:
        """A sentence of the card in the page's language, or in English if it has no code."""
        return escape(text if code is None else self.say.reason(code.reason(text)))

    def _scores(self) -> str:
        say, codes = self.say, self.card.codes
        baseline = self._said(codes.baseline if codes else None, self.card.baseline)
        names = "".join(
            f"<th>{say(f'card-{each}')}</th>" for each in ("score", "this-model", "interval", "baseline")
        )
        rows = "".join(map(self._score, self.card.scores))
        return (
            f'<div class="wide"><table><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table></div>'
            f"<p>{say('card-measured', rows=self.card.test_rows, baseline=baseline)}</p>"
        )

    def _score(self, score: Score) -> str:
        say, message = self.say, f"score-{score.name.replace('_', '-')}"
        name = say(message) if say.has(message) else escape(score.name)
        if score.name in _LOWER_IS_BETTER:
            name = say("card-lower-is-better", score=name)
        return (
            f"<tr><th>{name}</th><td><b>{say.figure(score.value)}</b></td>"
            f"<td>{say.figure(score.low)} – {say.figure(score.high)}</td>"
            f"<td>{say.figure(score.baseline)}</td></tr>"
        )

    def _threshold(self, threshold: Threshold) -> str:
        figure = self.say.figure
        answer = self.say(
            "card-threshold-is",
            positive=_bold(threshold.positive),
            value=_bold(figure(threshold.value)),
            wrong=figure(threshold.false_positive, 6),
            missed=figure(threshold.false_negative, 6),
        )
        cost = self.say(
            "card-threshold-cost",
            cost=_bold(figure(threshold.cost)),
            half=figure(0.5),
            athalf=figure(threshold.cost_at_half),
            always=figure(threshold.cost_of_always),
        )
        return f"<p>{answer}</p><p>{cost}</p>"

    def _calibration(self) -> str:
        bins = self.card.calibration
        if not bins:
            return ""
        if self.card.task != "classes":
            return self._section("residuals", residual_plot(bins, self.say))
        said = f"<p>{self.say('card-calibration-said')}</p>"
        return self._section("calibration", calibration_plot(bins, self.say) + said)

    def _curve(self) -> str:
        card, codes = self.card, self.card.codes
        if card.curve is None:
            return ""
        settings = self._said(codes.settings if codes else None, card.settings)
        said = f"<p>{self.say('card-curve-said', trees=card.trees, settings=settings)}</p>"
        return self._section("curve", curve_plot(card.curve, self.say) + said)

    def _table(self) -> str:
        card, say, codes = self.card, self.say, self.card.codes
        facts = [
            (say("card-table"), say("card-table-is", table=escape(card.table), rows=card.table_rows)),
            ("SHA-256", f"<code>{escape(card.table_sha256)}</code>"),
            (say("card-split"), self._said(codes.split if codes else None, card.split)),
            (say("card-scores-term"), say("card-scores-are", train=card.train_rows, test=card.test_rows)),
            (
                say("card-training"),
                say("card-training-is", seconds=say.figure(card.seconds, 6), when=escape(card.trained_at)),
            ),
        ]
        return f"<dl>{''.join(f'<dt>{name}</dt><dd>{text}</dd>' for name, text in facts)}</dl>"

    def _columns(self) -> str:
        say = self.say
        used = [
            (
                escape(each.name),
                say(f"kind-{each.kind}") if say.has(f"kind-{each.kind}") else escape(each.kind),
                self._said(each.because, each.why),
                say.percent(100 * each.missing),
                say.percent(each.importance),
            )
            for each in self.card.features
        ]
        skipped = [
            (escape(each.name), say("kind-skip"), self._said(each.because, each.why), "", "")
            for each in self.card.skipped
        ]
        head = ("column", "used-as", "why", "missing", "importance-term")
        return f'<div class="wide">{_grid([say(f"card-{each}") for each in head], [*used, *skipped])}</div>'

    def _section(self, name: str, content: str) -> str:
        return f"<section><h2>{self.say(f'card-{name}')}</h2>{content}</section>"


def _bold(text: str) -> str:
    return f"<b>{escape(text)}</b>"


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    names = "".join(f"<th>{each}</th>" for each in head)
    body = "".join(f"<tr>{''.join(f'<td>{each}</td>' for each in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"
