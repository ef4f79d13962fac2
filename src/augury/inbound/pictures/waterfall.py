"""Draws an explanation as a waterfall: from the average, feature by feature, to the answer. As SVG."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import exp

from augury.domain.explanation import Contribution, Explanation, Scale
from augury.domain.model_texts import ModelTexts

MOST_BARS = 12
WIDTH, LINE, TOP, LEFT, RIGHT = 760, 30, 74, 270, 110
_RAISES, _LOWERS, _TOTAL, _TEXT, _FAINT = "#1a7f64", "#c2571a", "#4a5568", "#1a202c", "#718096"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "why": "Why {name}?",
        "why_alone": "Why this answer?",
        "average": "On average",
        "others": "Other features",
        "answer": "This answer",
        "scale": "Bars to the right raise the answer, bars to the left lower it.",
        "chance": "{base} on average, {total} here",
        "empty": "missing",
    },
    "ru": {
        "why": "Почему {name}?",
        "why_alone": "Почему такой ответ?",
        "average": "В среднем",
        "others": "Остальные признаки",
        "answer": "Этот ответ",
        "scale": "Полосы вправо повышают ответ, влево — понижают.",
        "chance": "в среднем {base}, здесь {total}",
        "empty": "нет значения",
    },
}
MOST_NAME_CHARACTERS = 34


@dataclass(frozen=True, slots=True)
class _Bar:
    name: str
    begin: float
    end: float
    is_total: bool = False

    @property
    def color(self) -> str:
        if self.is_total:
            return _TOTAL
        return _RAISES if self.end >= self.begin else _LOWERS


def waterfall(explanation: Explanation, texts: ModelTexts, language: str) -> bytes:
    """The picture as SVG in UTF-8. `texts` are the model's; `language` is `en` or `ru`."""
    words = _WORDS.get(language, _WORDS["en"])
    bars = list(_bars(explanation, texts, language, words))
    height = TOP + LINE * len(bars) + 14
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" font-family="system-ui, sans-serif" font-size="14">',
        f"<title>{_safe(_title(explanation, texts, language, words))}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(20, 28, _title(explanation, texts, language, words), size=18, weight="600"),
        _text(20, 50, _subtitle(explanation, language, words), color=_FAINT, size=13),
        *_drawn(bars, language),
        "</svg>",
    ]
    return "".join(parts).encode()


def _bars(
    explanation: Explanation, texts: ModelTexts, language: str, words: Mapping[str, str]
) -> Iterator[_Bar]:
    at = explanation["base"]
    yield _Bar(words["average"], at, at, is_total=True)
    listed = explanation["contributions"]
    for each in listed[:MOST_BARS]:
        yield _Bar(_named(each, texts, language, words), at, at + each["contribution"])
        at += each["contribution"]
    rest = sum(each["contribution"] for each in listed[MOST_BARS:]) + explanation.get("others", 0.0)
    if len(listed) > MOST_BARS or "others" in explanation:
        yield _Bar(words["others"], at, at + rest)
    total = explanation["total"]
    yield _Bar(words["answer"], total, total, is_total=True)


def _drawn(bars: Sequence[_Bar], language: str) -> Iterator[str]:
    ends = [each for bar in bars for each in (bar.begin, bar.end)]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0

    def x(value: float) -> float:
        return LEFT + (value - low) / span * (WIDTH - LEFT - RIGHT)

    for place, bar in enumerate(bars):
        y = TOP + LINE * place
        left, right = sorted((x(bar.begin), x(bar.end)))
        if bar.is_total:
            left, right = left - 2, right + 2
        yield _text(LEFT - 14, y + 17, _cut(bar.name), anchor="end", weight="600" if bar.is_total else "400")
        yield (
            f'<rect x="{left:.1f}" y="{y + 3}" width="{max(right - left, 1.5):.1f}" height="{LINE - 10}" '
            f'rx="2" fill="{bar.color}"/>'
        )
        if place + 1 < len(bars):
            end = x(bar.end)
            yield (
                f'<line x1="{end:.1f}" y1="{y + LINE - 7}" x2="{end:.1f}" y2="{y + LINE + 3}" '
                f'stroke="{_FAINT}" stroke-dasharray="2 2"/>'
            )
        amount = bar.end if bar.is_total else bar.end - bar.begin
        yield _text(right + 8, y + 17, _figure(amount, language, signed=not bar.is_total), color=bar.color)


def _title(explanation: Explanation, texts: ModelTexts, language: str, words: Mapping[str, str]) -> str:
    name = explanation.get("of")
    if name is None:
        return words["why_alone"]
    return words["why"].format(name=_cut(texts.label(name, language)))


def _subtitle(explanation: Explanation, language: str, words: Mapping[str, str]) -> str:
    """How far the answer is from the average, in the unit of the answer if it has one."""
    base, total = explanation["base"], explanation["total"]
    match explanation["scale"]:
        case Scale.LOG_ODDS:
            shown = [f"{100 / (1 + exp(-max(min(each, 700), -700))):.0f}%" for each in (base, total)]
        case Scale.LOG_VALUE:
            shown = [_figure(exp(min(each, 700)), language) for each in (base, total)]
        case Scale.VALUE:
            shown = [_figure(each, language) for each in (base, total)]
        case _:
            return words["scale"]
    return f"{words['chance'].format(base=shown[0], total=shown[1])}. {words['scale']}"


_MARKS = ".,;:!?…\"'()«»"
"""Marks that are removed from the ends of a word."""


def _named(each: Contribution, texts: ModelTexts, language: str, words: Mapping[str, str]) -> str:
    name = texts.feature(each["feature"], language)
    strongest = [word["word"].strip(_MARKS) or word["word"] for word in each.get("words", ())][:3]
    if strongest:
        return f"{name}: {', '.join(strongest)}"
    if "value" not in each:
        return name
    value = each["value"]
    return f"{name} = {words['empty'] if value is None else value}"


def _figure(value: float, language: str, *, signed: bool = False) -> str:
    text = f"{value:+.3g}" if signed else f"{value:.4g}"
    text = text.replace("-", "\N{MINUS SIGN}")
    return text.replace(".", ",") if language == "ru" else text


def _text(
    x: float,
    y: float,
    words: str,
    *,
    color: str = _TEXT,
    size: int = 14,
    weight: str = "400",
    anchor: str = "start",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" fill="{color}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}">{_safe(words)}</text>'
    )


def _cut(text: str) -> str:
    return text if len(text) <= MOST_NAME_CHARACTERS else text[: MOST_NAME_CHARACTERS - 1] + "…"


def _safe(text: str) -> str:
    """The text for XML: escaped, and without the characters that it cannot hold."""
    return escape(_NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text))
