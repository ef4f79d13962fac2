"""With AUGURY_LOG_FORMAT=json, a process prints only JSON lines, whichever library prints."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.processes import COMMAND

EARLY = """
import asyncio, logging, os, sys, threading, warnings
from augury.bootstrap.config import ProcessSettings
from augury.bootstrap.logs import configure_logs, log_what_is_printed
log_what_is_printed()
"""
CONFIGURED = """
configure_logs(ProcessSettings(log_format="json"))
log = logging.getLogger("somebody")
class Dying:
    def __del__(self): 1 / 0
"""
FOREIGN_HANDLER = """
handler = logging.StreamHandler(sys.__stderr__)
logging.getLogger("faststream").addHandler(handler)
logging.getLogger("faststream").propagate = False
"""
RESULT = """
async def main(): asyncio.Future().set_exception(OSError())
asyncio.run(main())
"""
TASK = """
async def task(): 1 / 0
async def main():
    task_ = asyncio.create_task(task())
    await asyncio.sleep(0)
asyncio.run(main())
"""


def lines_of(*command: str, **env: str) -> list[dict[str, str]]:
    """The command's output, which must be JSON objects on standard output."""
    done = subprocess.run(
        command,
        env={"PATH": str(Path(sys.executable).parent), "AUGURY_LOG_FORMAT": "json", **env},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == b""
    return [msgspec.json.decode(line, type=dict[str, str]) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("message", "program"),
    [
        ("UserWarning: while importing", EARLY + 'warnings.warn("while importing")' + CONFIGURED),
        ("UserWarning: of a library", EARLY + CONFIGURED + 'warnings.warn("of a library")'),
        ("in pieces", EARLY + CONFIGURED + 'print("in", end=" "); print("pieces")'),
        (r"no UTF-8: \udcff", EARLY + CONFIGURED + r'print(os.fsdecode(b"no UTF-8: \xff"), file=sys.stderr)'),
        (r"half a pair: \udcff", EARLY + CONFIGURED + r'log.error("half a pair: %s", "\udcff")'),
        ("%d apples ('no',)", EARLY + CONFIGURED + 'log.error("%d apples", "no")'),
        ("in two\nlines", EARLY + CONFIGURED + r'log.error("in two\nlines")'),
        ("a thread failed", EARLY + CONFIGURED + "threading.Thread(target=lambda: 1 / 0).start()"),
        ("uncaught exception", EARLY + CONFIGURED + "1 / 0"),
        ("last words", EARLY + CONFIGURED + 'sys.exit("last words")'),
        ("exception ignored in <function Dying.__del__", EARLY + CONFIGURED + "Dying()"),
        ("exception ignored in <function Dying.__del__", EARLY + CONFIGURED + "lives_longest = Dying()"),
        ("Future exception was never retrieved", EARLY + CONFIGURED + RESULT),
        ("Task exception was never retrieved", EARLY + CONFIGURED + TASK),
        (
            "a library's own handler",
            EARLY
            + FOREIGN_HANDLER
            + CONFIGURED
            + """logging.getLogger("faststream").error("a library's own handler")""",
        ),
    ],
    ids=lambda text: text.splitlines()[0] if not text.startswith("\n") else "",
)
def test_whatever_python_has_to_say_is_one_json_line(message: str, program: str) -> None:
    (line,) = lines_of(sys.executable, "-c", program)
    assert message in line["message"]


@pytest.mark.parametrize("process", ["api", "bot", "migrate", "worker"])
@pytest.mark.parametrize(
    ("message", "arguments", "env"),
    [
        ("AUGURY_LOG_LEVEL must be", (), {"AUGURY_LOG_LEVEL": "LOUD"}),
        ("No such option '--nonsense'", ("--nonsense",), {}),
        ("AUGURY_DATABASE_URL_FILE: cannot read", (), {"AUGURY_DATABASE_URL_FILE": "/nowhere"}),
    ],
    ids=["a wrong setting", "a wrong option", "a missing file"],
)
def test_why_a_process_does_not_start_is_a_json_line(
    process: str, message: str, arguments: tuple[str, ...], env: dict[str, str]
) -> None:
    needed = {
        "AUGURY_RABBITMQ_URL": "amqp://localhost",
        "AUGURY_SECRET_KEY": "s" * 32,
        "AUGURY_TELEGRAM_TOKEN": "1:a",
    }
    lines = lines_of(*COMMAND, process, *arguments, **needed, **env)
    assert message in lines[-1]["message"]
