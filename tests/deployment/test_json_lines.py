"""`docker/json-lines`, without an engine: it converts text lines of nginx and PostgreSQL to JSON."""

import signal
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.deployment.project import ROOT


@pytest.fixture
def wrapped(tmp_path: Path) -> list[str]:
    """The command that runs another command. A shell cannot catch a signal that its parent ignores."""
    return [
        "env",
        "--default-signal",
        f"JSON_LINES={tmp_path / 'pipe'}",
        "sh",
        str(ROOT / "docker" / "json-lines"),
        "sh",
        "-c",
    ]


def said(*command: str, code: int = 0) -> list[dict[str, Any]]:
    done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (code, b"")
    return [msgspec.json.decode(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("in words", [{"message": "in words"}]),
        (r'a "quoted" \ and a {brace}', [{"message": r'a "quoted" \ and a {brace}'}]),
        ("a\ttab, a \x1b and Ж", [{"message": "a tab, a ? and ??"}]),
        ("two\n\nlines", [{"message": "two"}, {"message": "lines"}]),
        ('{"a":1}', [{"a": 1}]),
        (
            '2026/11/26 01:20:41 [warn] 29#29: *1 "x"',
            [{"time": "2026-11-26T01:20:41", "level": "warn", "message": '29#29: *1 "x"'}],
        ),
    ],
    ids=["words", "quotes", "unprintable", "lines", "json", "nginx"],
)
def test_a_line_becomes_an_object_unless_it_is_one(
    wrapped: list[str], text: str, lines: list[dict[str, str]]
) -> None:
    assert said(*wrapped, 'printf "%s\\n" "$0" >&2', text) == lines
    assert said(*wrapped, 'printf "%s\\n" "$0" >"$JSON_LINES"', text) == lines


def test_what_the_command_writes_to_standard_output_stays_as_it_is(wrapped: list[str]) -> None:
    assert said(*wrapped, """echo '{"b":2}'""") == [{"b": 2}]


def test_the_last_words_and_the_exit_code_come_through(wrapped: list[str]) -> None:
    assert said(*wrapped, "echo 'cannot start' >&2; exit 7", code=7) == [{"message": "cannot start"}]
    assert {"message": "bye"} in said(*wrapped, "echo bye >&2; kill -9 $$", code=137)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM])
def test_a_signal_goes_on_to_the_command_which_is_waited_for(
    wrapped: list[str], number: signal.Signals
) -> None:
    # Python, since a shell cannot catch signals that its parent ignores. nginx and PostgreSQL can.
    program = (
        "import signal, sys, time; "
        f"signal.signal({number}, lambda *_: (print('bye', file=sys.stderr), sys.exit(3))); "
        "print('ready', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([*wrapped, f'exec python3 -c "{program}"'], stdout=subprocess.PIPE) as running:
        assert running.stdout
        assert running.stdout.readline() == b"ready\n"
        running.send_signal(number)
        assert running.stdout.read() == b'{"message":"bye"}\n'
    assert running.returncode == 3
