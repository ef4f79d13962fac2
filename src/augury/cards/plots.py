"""Plots of a card as SVG without scripts. Colors are CSS classes, so a plot fits light and dark pages."""

from collections.abc import Callable, Sequence
from html import escape

from augury.cards.card import Bin, Confusion, Curve, Used
from augury.cards.words import Words

_WIDTH, _HEIGHT = 460, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 12, 40
_MOST_BARS = 20
_MOST_CHARACTERS = 24


def importance_plot(features: Sequence[Used], say: Words) -> str:
    """Bars of the most important features."""
    shown = [each for each in features if each.importance > 0][:_MOST_BARS]
    most = max((each.importance for each in shown), default=1.0)
    row, label = 24, 170
    lines = []
    for place, each in enumerate(shown):
        y, width = place * row, (_WIDTH - label - 56) * each.importance / most
        lines += [
            _text(label - 8, y + 16, _cut(each.name), anchor="end"),
            f'<rect class="bar" x="{label}" y="{y + 4}" width="{width:.1f}" height="15" rx="2"/>',
            _text(label + width + 6, y + 16, say.percent(each.importance)),
        ]
    return _svg(lines, row * len(shown), say("plot-importance"))


def calibration_plot(bins: Sequence[Bin], say: Words) -> str:
    """Predicted against observed probability: a point for each bin, larger for more rows, and the
    diagonal."""
    x, y = _axis(0, 1, _LEFT, _WIDTH - _RIGHT), _axis(0, 1, _HEIGHT - _BOTTOM, _TOP)
    most = max((each.rows for each in bins), default=1)
    lines = [*_frame(x, y, (0, 1), (0, 1), say("plot-said"), say("plot-seen"), say)]
    lines.append(_line([(x(0), y(0)), (x(1), y(1))], "ideal"))
    lines.append(_line([(x(each.said), y(each.seen)) for each in bins], "line"))
    lines += [
        f'<circle class="dot" cx="{x(each.said):.1f}" cy="{y(each.seen):.1f}" '
        f'r="{3 + 6 * (each.rows / most) ** 0.5:.1f}"><title>'
        f"{say('plot-bin', rows=each.rows, said=say.figure(each.said, 3), seen=say.figure(each.seen, 3))}"
        "</title></circle>"
        for each in bins
    ]
    return _svg(lines, _HEIGHT, say("plot-calibration"))


def residual_plot(bins: Sequence[Bin], say: Words) -> str:
    """True against predicted numbers: for each tenth of the predictions the mean of the true numbers, the
    range of the middle 80 % of them, and the diagonal."""
    values = [value for each in bins for value in (each.said, each.low, each.high)]
    span = min(values), max(values)
    x, y = _axis(*span, _LEFT, _WIDTH - _RIGHT), _axis(*span, _HEIGHT - _BOTTOM, _TOP)
    lines = [*_frame(x, y, span, span, say("plot-predicted"), say("plot-true"), say)]
    lines.append(_line([(x(each), y(each)) for each in span], "ideal"))
    for each in bins:
        lines.append(_line([(x(each.said), y(each.low)), (x(each.said), y(each.high))], "range"))
        lines.append(f'<circle class="dot" cx="{x(each.said):.1f}" cy="{y(each.seen):.1f}" r="4"/>')
    return _svg(lines, _HEIGHT, say("plot-residuals"))


def curve_plot(curve: Curve, say: Words) -> str:
    """The training and the validation loss by the number of trees, with a dot at the lowest validation
    loss."""
    values = [*curve.training, *curve.validation]
    trees, losses = (0, max(curve.trees)), (min(values), max(values))
    x, y = _axis(*trees, _LEFT, _WIDTH - _RIGHT), _axis(*losses, _HEIGHT - _BOTTOM, _TOP)
    best = min(range(len(curve.validation)), key=lambda place: curve.validation[place])
    loss = f"plot-loss-{curve.loss.lower()}"
    beside = say(loss) if say.has(loss) else curve.loss
    lines = [*_frame(x, y, trees, losses, say("plot-trees"), beside, say)]
    for name, losses_of in (("line faint", curve.training), ("line", curve.validation)):
        points = zip(curve.trees, losses_of, strict=True)
        lines.append(_line([(x(at), y(loss)) for at, loss in points], name))
    lines.append(
        f'<circle class="dot" cx="{x(curve.trees[best]):.1f}" cy="{y(curve.validation[best]):.1f}" r="4"/>'
    )
    return _svg(lines, _HEIGHT, say("plot-curve"))


def confusion_table(confusion: Confusion, say: Words) -> str:
    """An HTML table. A cell with a larger share of its row is darker."""
    labels = [_cut(each) for each in confusion.labels]
    if confusion.has_others:
        labels[-1] = say("plot-others")
    head = "".join(f'<th scope="col">{escape(label)}</th>' for label in labels)
    body = ""
    for label, row in zip(labels, confusion.rows, strict=True):
        whole = sum(row) or 1
        cells = "".join(f'<td style="--share:{100 * n / whole:.0f}%">{say.count(n)}</td>' for n in row)
        body += f'<tr><th scope="row">{escape(label)}</th>{cells}</tr>'
    return (
        f'<div class="wide"><table class="confusion"><thead><tr><td>{say("plot-confusion")}</td>'
        f"{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


_Scale = Callable[[float], float]


def _axis(low: float, high: float, begin: float, end: float) -> _Scale:
    span = high - low or 1.0
    return lambda value: begin + (value - low) / span * (end - begin)


def _frame(
    x: _Scale,
    y: _Scale,
    across: tuple[float, float],
    up: tuple[float, float],
    below: str,
    beside: str,
    say: Words,
) -> list[str]:
    """Five ticks on each axis, and the axes' names."""
    lines = []
    for step in range(5):
        at, height = (low + (high - low) * step / 4 for low, high in (across, up))
        lines += [
            _line([(_LEFT, y(height)), (_WIDTH - _RIGHT, y(height))], "grid"),
            _text(_LEFT - 6, y(height) + 4, say.figure(height, 3), anchor="end"),
            _text(x(at), _HEIGHT - _BOTTOM + 16, say.figure(at), anchor="end" if step == 4 else "middle"),
        ]
    lines.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, below, anchor="middle", name="name"))
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    lines.append(
        f'<text class="name" text-anchor="middle" transform="translate(12 {middle:.0f}) rotate(-90)">'
        f"{escape(beside)}</text>"
    )
    return lines


def _line(points: Sequence[tuple[float, float]], name: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline class="{name}" points="{path}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", name: str = "tick") -> str:
    return f'<text class="{name}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(lines: Sequence[str], height: float, name: str) -> str:
    inside = "".join(lines)
    return f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{escape(name)}">{inside}</svg>'


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"
