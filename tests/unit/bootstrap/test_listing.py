"""Lists are for people on a terminal, for `grep` and `cut` in a pipe, and for programs with --json."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import click
import pytest

from augury.bootstrap.cli.account import balance_in_words
from augury.bootstrap.cli.listing import Entry, show
from augury.bootstrap.cli.root import main
from augury.domain.balance import Balance
from augury.domain.identifiers import UserId
from augury.inbound.counts import counted

LONG = "churn-of-customers-who-came-by-way-of-the-spring-campaign@12"
ENTRIES: list[Entry] = [
    {
        "model": LONG,
        "price": 3,
        "active": True,
        "until": datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC),
        "sum": "e" * 64,
    },
    {"model": "тон\t[red]\n\x1b[31m\u2028\x9b", "price": 0, "active": False, "until": None, "sum": ""},
]
COLUMNS = ("model", "price", "active", "until", "sum")


def printed(capsys: pytest.CaptureFixture[str], *, as_json: bool) -> str:
    show(ENTRIES, columns=COLUMNS, as_json=as_json)
    return capsys.readouterr().out


def test_a_pipe_gets_one_whole_line_an_entry_separated_by_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, as_json=False).splitlines()

    assert [line.split("\t") for line in lines] == [
        [LONG, "3", "true", "2026-05-04T03:02:01Z", "e" * 64],
        ["тон\\t[red]\\n\\u001b[31m\\u2028\\u009b", "0", "false", "", ""],
    ]


def test_a_program_gets_what_the_entries_hold(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, as_json=True)

    first, second = json.loads(out)
    assert first == {**ENTRIES[0], "until": "2026-05-04T03:02:01Z"}
    assert second == ENTRIES[1]
    assert "тон" in out, "people read it, too"
    assert not {"\x1b", "\x9b", "\u2028"} & set(out)


def test_no_entries_are_an_empty_array_and_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    show([], columns=COLUMNS, as_json=True)
    show([], columns=COLUMNS, as_json=False)
    assert capsys.readouterr().out == "[]\n"


def test_a_person_gets_a_table_with_headings() -> None:
    script = (
        "from augury.bootstrap.cli.listing import show\n"
        r"show([{'row_price': 3, 'name': '[red]x\x1b[31m'}], columns=('name', 'row_price'), as_json=False)"
    )
    terminal, its_side = pty.openpty()
    subprocess.run(
        [sys.executable, "-c", script], stdout=its_side, env=os.environ | {"COLUMNS": "80"}, check=True
    )
    os.close(its_side)
    shown = os.read(terminal, 10_000).decode()
    os.close(terminal)

    assert "row price" in shown
    assert "[red]x\\u001b[31m" in shown


def test_a_narrow_terminal_shows_all_of_an_id() -> None:
    script = (
        "from augury.bootstrap.cli.listing import show\n"
        "show([{'id': '01a2265c-3d47-7265', 'rows': 1}], columns=('id', 'rows'), as_json=False)"
    )
    terminal, its_side = pty.openpty()
    subprocess.run(
        [sys.executable, "-c", script], stdout=its_side, env=os.environ | {"COLUMNS": "20"}, check=True
    )
    os.close(its_side)
    shown = os.read(terminal, 10_000).decode()
    os.close(terminal)

    first_cells = [line.split("│")[1].strip() for line in shown.splitlines() if "│" in line]
    assert "".join(first_cells) == "01a2265c-3d47-7265"


def lists(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((f"{name} {below}", each) for below, each in lists(command))
        elif command is not None and ("list" in name or "list" in (command.help or "").lower().split()):
            yield name, command


def test_every_list_is_to_be_had_as_json() -> None:
    found = dict(lists(main))
    assert {"model list", "promo list", "queue dead"} <= found.keys()
    assert [name for name, each in found.items() if "as_json" not in {p.name for p in each.params}] == []


def test_one_thing_is_not_several() -> None:
    assert [counted(number, "credit") for number in (0, 1, 1_000)] == [
        "0 credits",
        "1 credit",
        "1,000 credits",
    ]


@pytest.mark.parametrize(
    ("available", "debt", "words"),
    [
        (1, 0, "1 credit available"),
        (1_200, 0, "1,200 credits available"),
        (0, 30, "0 credits available and owes 30"),
    ],
)
def test_a_balance_names_a_debt_if_there_is_one(available: int, debt: int, words: str) -> None:
    assert balance_in_words(Balance(UserId(UUID(int=1)), available, debt=debt)) == words
