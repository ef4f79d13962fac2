"""Draws versions of a model side by side, as SVG without scripts or fonts of its own."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias
from xml.sax.saxutils import escape

from augury.application.models.compare_versions import VersionUsage
from augury.domain.usage import Usage

WIDTH, LINE, LEFT, COLUMN, LONGEST = 640, 30, 190, 220, 380
"""Pixels: the picture's width, the height of a line, where the first column begins, its width, and the length
of a bar of 100 %."""
COLORS = ("#3567b0", "#c8642b")
GRAY, BLACK = "#555", "#222"
MOST_LABELS = 12
NONE = "–"
Cell: TypeAlias = tuple[int, str, str]
"""Where it begins, its words, and their color."""


def picture(versions: Sequence[VersionUsage], *, minutes: int) -> str:
    """One or two versions: a table of numbers, and a bar of each for every label."""
    lines = [*_head(versions, minutes), *_numbers(versions)]
    labels = list(dict.fromkeys(label for each in versions for label in each.usage.label_shares))
    lines += [[(10, _short(label), BLACK)] for label in labels[:MOST_LABELS]]
    first = len(lines) - len(labels[:MOST_LABELS])
    height = LINE * (len(lines) + 1)
    texts = "".join(
        f'<text x="{x}" y="{LINE * (number + 1)}" fill="{color}">{escape(words)}</text>'
        for number, line in enumerate(lines)
        for x, words, color in line
    )
    bars = "".join(
        _bars([each.usage.label_shares.get(label, 0.0) for each in versions], LINE * (first + number) + 8)
        for number, label in enumerate(labels[:MOST_LABELS])
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="sans-serif" font-size="14"><rect width="{WIDTH}" height="{height}" fill="#fff"/>'
        f"{texts}{bars}</svg>"
    )


def _head(versions: Sequence[VersionUsage], minutes: int) -> Iterator[list[Cell]]:
    yield [(10, f"the last {minutes} minutes", GRAY)]
    yield [
        (LEFT + COLUMN * place, f"{each.model.ref} ({_state(each)})", COLORS[place])
        for place, each in enumerate(versions)
    ]


def _state(version: VersionUsage) -> str:
    share = version.model.share
    return version.model.state if share is None else f"{version.model.state}, {share:.0%} of users"


def _numbers(versions: Sequence[VersionUsage]) -> Iterator[list[Cell]]:
    """A line for each number that some version has."""
    for name, shown in _NUMBERS:
        words = [shown(each.usage) for each in versions]
        if any(each != NONE for each in words):
            cells = [(LEFT + COLUMN * place, each, BLACK) for place, each in enumerate(words)]
            yield [(10, name, BLACK), *cells]


def _bars(shares: Sequence[float], top: int) -> str:
    """A bar for each version, and its share in figures behind it."""
    thick = (LINE - 6) // len(shares)
    return "".join(
        f'<rect x="{LEFT}" y="{top + thick * place}" width="{LONGEST * share:.1f}" height="{thick - 1}" '
        f'fill="{COLORS[place]}"/>'
        f'<text x="{LEFT + LONGEST * share + 6:.1f}" y="{top + thick * place + thick / 2 + 3:.1f}" '
        f'font-size="11" fill="{COLORS[place]}">{share:.1%}</text>'
        for place, share in enumerate(shares)
    )


def _short(label: str) -> str:
    return label if len(label) <= 22 else label[:21] + "…"


def _percent(share: float | None) -> str:
    return NONE if share is None else f"{share:.2%}"


def _milliseconds(seconds: float | None) -> str:
    if seconds is None:
        return NONE
    return "more than 5 s" if math.isinf(seconds) else f"{seconds * 1000:.3g} ms"


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.4g}"


_NUMBERS: Sequence[tuple[str, Callable[[Usage], str]]] = (
    ("predictions", lambda usage: f"{usage.predictions:,}"),
    ("failed", lambda usage: _percent(usage.error_rate)),
    ("call, mean", lambda usage: _milliseconds(usage.mean_seconds)),
    ("call, 95 % within", lambda usage: _milliseconds(usage.quantile(0.95))),
    ("mean value", lambda usage: _number(usage.mean_value)),
    ("deviation", lambda usage: _number(usage.deviation)),
)
