"""The tutorial is run command by command: from a table to paid predictions, over HTTP and in the bot."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.patience import patience
from tests.processes import STARTS_WITHIN, Process, environment, eventually, free_port, open_folder, started
from tests.telegram.documented import Code, Command, Turn, matches, steps
from tests.telegram.server import TOKEN, Sent, TelegramServer
from tests.telegram.test_payments import checked_out

DOCS = Path(__file__).parents[2] / "docs"
PERSON = 7
KEEP = "[ -e state ] && . ./state; {}\ncode=$?; export -p > state; exit $code"
"""A command in a shell that knows what those before it exported."""


@dataclass
class Reader:
    """Somebody who does what the page says."""

    folder: Path
    telegram: TelegramServer
    port: int = field(default_factory=free_port)
    _up: Process | None = None
    _running: ExitStack = field(default_factory=ExitStack)

    @property
    def env(self) -> dict[str, str]:
        env = environment(port=self.port, telegram_api_url=self.telegram.url, telegram_poll_timeout=2)
        return env | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def does(self, step: Code | Command | Turn) -> None:
        match step:
            case Code(text):
                (self.folder / "customers.py").write_text(text, encoding="utf-8")
            case Command(text, output) if text.endswith("augury up"):
                self._starts(text, output)
            case Command(text, output):
                self._runs(text, output)
            case Turn(person, bot):
                self._chats(person, bot)

    def _runs(self, text: str, output: str) -> None:
        done = subprocess.run(
            ["bash", "-c", KEEP.format(text)], cwd=self.folder, env=self.env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240 * patience(), check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{text}\n{done.stdout}"
        assert matches(output, done.stdout), f"{text}\n{done.stdout}\nbut the page has\n{output}"

    def _starts(self, text: str, output: str) -> None:
        """Ends the service that runs with Ctrl-C, and starts it anew."""
        if self._up is not None:
            assert self._up.stop(signal.SIGINT) == 0, self._up.output
        env = self.env | dict(re.findall(r"(AUGURY_\w+)=(\S+)", text))
        log = self.folder.parent / f"{len(list(self.folder.parent.iterdir()))}.log"
        up = self._up = self._running.enter_context(started("up", env=env, cwd=self.folder, log=log))

        def is_ready() -> bool:
            assert up.popen.poll() is None, up.output
            return matches(output, up.output)

        eventually(is_ready, STARTS_WITHIN, "`augury up`")

    def _chats(self, words: str, expected: str) -> None:
        person = self.telegram.people.get(PERSON) or self.telegram.person(PERSON)
        if words.startswith("[ "):
            label = words.strip("[ ]")
            person.presses(self._newest(lambda each: label in str(each.buttons)), label)
        elif words.startswith("⭐"):
            self._pays()
        else:
            person.says(words)
        try:
            eventually(lambda: any(matches(expected, each) for each in self._heard()), 20)
        except AssertionError as late:
            raise AssertionError(f"{words}:\n{expected}\nis not in\n" + "\n".join(self._heard())) from late

    def _pays(self) -> None:
        invoice = self._newest(lambda each: each.invoice is not None).invoice
        assert invoice is not None
        assert checked_out(self.telegram, invoice)
        self.telegram.people[PERSON].has_paid(invoice)

    def _heard(self) -> list[str]:
        return [drawn(each) for each in self.telegram.to(PERSON)]

    def _newest(self, is_it: Callable[[Sent], bool]) -> Sent:
        return next(each for each in reversed(self.telegram.to(PERSON)) if is_it(each))

    def stops(self) -> None:
        self._running.close()


def drawn(sent: Sent) -> str:
    """A message with its buttons, as the documentation shows them. A price stands behind an invoice."""
    lines = [sent.text]
    lines += [f"[ {each['text']} ]" for row in sent.buttons for each in row]
    lines += [f"[ {each} ]" for row in sent.keyboard for each in row]
    return "\n".join(lines)


@pytest.fixture
def reader(telegram: TelegramServer) -> Iterator[Reader]:
    with open_folder() as folder:
        (folder / "home").mkdir()
        (folder / "home").chmod(0o755)
        reader = Reader(folder / "home", telegram)
        yield reader
        reader.stops()


def test_the_tutorial_leads_from_a_table_to_a_paid_prediction_in_the_bot(
    reader: Reader, telegram: TelegramServer
) -> None:
    page = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    page = page.replace("localhost:8000", f"localhost:{reader.port}").replace("123456:…", TOKEN)

    for step in steps(page):
        reader.does(step)

    card = (reader.folder / "card.html").read_text(encoding="utf-8")
    assert "<svg" in card
    shown = texts_of((DOCS / "images/why.svg").read_text(encoding="utf-8"))
    assert texts_of((reader.folder / "why.svg").read_text(encoding="utf-8")) == shown


def texts_of(picture: str) -> list[str]:
    """Its texts, whatever the numbers are."""
    return [re.sub(r"[\d.]+", "0", each) for each in re.findall(r">([^<>]+)<", picture)]
