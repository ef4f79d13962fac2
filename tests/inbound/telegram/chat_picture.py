"""A dialogue with the bot as an SVG picture, for readers of the README."""

from dataclasses import dataclass, field
from html import escape

_WIDTH, _LINE, _PAD, _GAP = 460, 21, 12, 10
_MOST = 46
"""Characters of one line; longer ones are wrapped."""
_STYLE = (
    "text{font:14px system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif;fill:#17212b;"
    "white-space:pre}"
    ".bar{font:13px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace}"
    ".button{fill:#ffffff;fill-opacity:.7}.answered{fill:#2a7ab0}.key{fill:#2a7ab0;text-anchor:middle}"
)


@dataclass(slots=True)
class ChatPicture:
    """Bubbles from top to bottom: the person's on the right, the bot's on the left."""

    _parts: list[str] = field(default_factory=list)
    _height: int = _GAP

    def person(self, words: str) -> None:
        self._bubble([words], left=False)

    def bot(self, text: str, buttons: list[list[str]], *, replied: str = "") -> None:
        lines = [part for line in text.split("\n") for part in _wrapped(line)]
        self._bubble([*([f"↩ {replied}"] if replied else []), *lines], left=True, answers=bool(replied))
        for row in buttons:
            self._row_of_buttons(row)

    def svg(self) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {self._height}" '
            f'width="{_WIDTH}" height="{self._height}" role="img" aria-label="A dialogue with the bot">\n'
            f"<style>{_STYLE}</style>\n"
            f'<rect width="100%" height="100%" rx="12" fill="#d5e2ec"/>\n'
            + "\n".join(self._parts)
            + "\n</svg>\n"
        )

    def _bubble(self, lines: list[str], *, left: bool, answers: bool = False) -> None:
        width = min(_WIDTH - 60, 2 * _PAD + 8 * max(map(len, lines)))
        height = 2 * _PAD + _LINE * len(lines) - 4
        x = _GAP if left else _WIDTH - _GAP - width
        fill = "#ffffff" if left else "#d9f5c5"
        self._parts.append(
            f'<rect x="{x}" y="{self._height}" width="{width}" height="{height}" rx="10" fill="{fill}"/>'
        )
        for index, line in enumerate(lines):
            kind = ' class="answered"' if answers and index == 0 else ' class="bar"' if "░" in line else ""
            y = self._height + _PAD + 13 + _LINE * index
            self._parts.append(f'<text x="{x + _PAD}" y="{y}"{kind}>{escape(line)}</text>')
        self._height += height + _GAP

    def _row_of_buttons(self, row: list[str]) -> None:
        width = (_WIDTH - 60 - 4 * (len(row) - 1)) // len(row)
        y = self._height - 4
        for index, words in enumerate(row):
            x = _GAP + index * (width + 4)
            self._parts.append(
                f'<rect x="{x}" y="{y}" width="{width}" height="30" rx="8" class="button"/>'
                f'<text x="{x + width // 2}" y="{y + 20}" class="key">{escape(words)}</text>'
            )
        self._height += 34


def _wrapped(line: str) -> list[str]:
    lines, rest = [], line
    while len(rest) > _MOST:
        cut = rest.rfind(" ", 0, _MOST + 1)
        cut = cut if cut > 0 else _MOST
        lines.append(rest[:cut])
        rest = rest[cut:].lstrip(" ")
    return [*lines, rest]
