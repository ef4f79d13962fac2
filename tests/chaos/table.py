"""The table of docs/reliability.md, printed at the end of a run."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Any

import pytest

PROPERTY = "chaos"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One line of the table in docs/reliability.md."""

    faults: int
    requests: int
    accepted: int
    finished: int
    lost: int
    charged_twice: int


def note(item: pytest.Item, name: str, figures: Figures) -> None:
    """Add a line. It travels with the test's report: the test may run in another process."""
    item.user_properties.append((PROPERTY, f"| {name} | {' | '.join(map(str, astuple(figures)))} |"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    lines = list(_lines(terminalreporter))
    if lines:
        terminalreporter.section("nothing is lost, nobody is charged twice")
        terminalreporter.line("| fault | times | requests | accepted | finished | lost | charged twice |")
        terminalreporter.line("|---|---|---|---|---|---|---|")
        for line in lines:
            terminalreporter.line(line)


def _lines(terminalreporter: Any) -> Iterator[str]:
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            if report.when == "call":
                yield from (line for name, line in report.user_properties if name == PROPERTY)
