"""Reads a page of the documentation that is run: its code, its commands and chats, and what they answer."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PERSON = re.compile(r"^ +(.*) │$")


@dataclass(frozen=True)
class Code:
    """Python that the reader saves in a file."""

    text: str


@dataclass(frozen=True)
class Command:
    text: str
    output: str


@dataclass(frozen=True)
class Turn:
    """What a person sends, or presses if it is in brackets, and the message that the bot answers."""

    person: str
    bot: str


Step = Code | Command | Turn


def steps(page: str) -> Iterator[Step]:
    for language, block in _FENCED.findall(page):
        match language:
            case "python":
                yield Code(block)
            case "chat":
                yield from _turns(block)
            case _:
                yield from _commands(block)


def _commands(block: str) -> Iterator[Command]:
    """A command begins with `$ `, and goes on after a line that ends with a backslash."""
    first, *others = re.split(r"^\$ ", block, flags=re.MULTILINE)
    assert first == "", first
    for each in others:
        found = re.match(r"((?:[^\n]*\\\n)*[^\n]*\n)(.*)", each, re.DOTALL)
        assert found is not None
        yield Command(found[1].strip(), found[2])


def _turns(block: str) -> Iterator[Turn]:
    said, heard = "", list[str]()
    for line in [*block.splitlines(), " │"]:
        if line.startswith("│"):
            heard.append(line.removeprefix("│"))
        elif line.strip():
            if said:
                yield Turn(said, "\n".join(heard))
            found = _PERSON.match(line)
            said, heard = found[1] if found else "", []


def matches(expected: str, found: str) -> bool:
    """Whether the output is the documented one. `…` stands for anything, a decimal number for any other, and
    blanks do not count."""
    pattern = re.escape("".join(expected.split())).replace("…", ".*")
    pattern = re.sub(r"\d+\\\.\d+", lambda _: r"\d+(\.\d+)?(e-\d+)?", pattern)
    return re.fullmatch(pattern, "".join(found.split()), re.DOTALL) is not None
