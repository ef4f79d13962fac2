"""Prints the command line's lists: for a person, for a pipe, or as JSON.

On a terminal a list is a table. In a pipe it is one line per entry, with values separated by tabs and no
heading, so that `grep`, `cut` and `wc -l` work. With `--json` it is one array of objects.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime

import click

Entry = Mapping[str, str | int | float | bool | datetime | None]
"""One line of a list, by the names of its columns. All entries of a list have the same columns."""

_UNPRINTABLE = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
_ESCAPED = {code: f"\\u{code:04x}" for code in _UNPRINTABLE} | {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}
"""Characters that would end a line, begin another column or move the reader's cursor."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON array of objects.")
"""Gives a command the parameter `as_json: bool`."""


def show(entries: Iterable[Entry], *, columns: tuple[str, ...], as_json: bool) -> None:
    """Print the entries on standard output. `columns` are their keys, in the order to show.

    Times are in UTC: RFC 3339 in JSON and in a pipe, to the minute in a table. `None` is `null` in JSON,
    and empty elsewhere.
    """
    if as_json:
        echo_json([_plain(each, columns) for each in entries])
    elif sys.stdout.isatty():
        _show_table(entries, columns)
    else:
        for each in entries:
            click.echo(_line(_plain(each, columns)))


def say(words: str, *, err: bool = False) -> None:
    """Print one line. A line break in it, as in a feature's name, is escaped."""
    click.echo(words.translate(_ESCAPED), err=err)


def echo_json(value: object) -> None:
    """Print `value`, which must have only the types of JSON."""
    written = json.dumps(value, ensure_ascii=False, indent=1)
    click.echo(written.translate({code: text for code, text in _ESCAPED.items() if code > 0x7E}))


def one_line(kind: str, entry: Entry) -> str:
    """The entry as a line for a pipe, which begins with its kind."""
    return f"{kind}\t{_line(plain(entry))}"


def plain(entry: Entry) -> dict[str, str | int | float | bool | None]:
    """The entry with the types of JSON."""
    return _plain(entry, tuple(entry))


def _line(values: Mapping[str, object]) -> str:
    return "\t".join(_text(value) for value in values.values())


def _plain(entry: Entry, columns: tuple[str, ...]) -> dict[str, str | int | float | bool | None]:
    values = ((name, entry[name]) for name in columns)
    return {
        name: f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value
        for name, value in values
    }


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value).translate(_ESCAPED)


def _show_table(entries: Iterable[Entry], columns: tuple[str, ...]) -> None:
    from rich.console import Console  # only needed on a terminal
    from rich.table import Table

    table = Table()
    for name in columns:
        table.add_column(name.replace("_", " "), overflow="fold")  # an id that is cut off cannot be copied
    for each in entries:
        values = (each[name] for name in columns)
        table.add_row(
            *(f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else _text(value) for value in values)
        )
    Console(markup=False, emoji=False, highlight=False).print(table)
