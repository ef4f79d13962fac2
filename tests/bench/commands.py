"""The CPU time of a command before it does anything, compared with `python -c pass`."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

from tests.processes import COMMAND

MEASURED = (("--help", "aim 0.3 s"), ("--version", "aim 0.3 s"), ("model list", "aim 0.5 s"))
TIMES = 5


def costs_of_commands(env: Mapping[str, str]) -> Iterator[tuple[str, float, float, str]]:
    """Each command, its CPU seconds, their ratio to an empty program's, and the aim."""
    empty = _cpu([sys.executable, "-c", "pass"], env)
    for command, aim in MEASURED:
        seconds = _cpu([*COMMAND, *command.split()], env)
        yield command, seconds, seconds / empty, aim


def _cpu(command: list[str], env: Mapping[str, str]) -> float:
    """CPU seconds (user and system) of the cheapest of several runs."""
    return min(_run(command, env) for _ in range(TIMES))


def _run(command: list[str], env: Mapping[str, str]) -> float:
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return used.ru_utime + used.ru_stime
