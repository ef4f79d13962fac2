"""Ends a run that hangs, and shows where.

pytest-timeout ends a test by an exception. Some hangs survive it: an event loop gives the exception to
another task, the test waits in a library's C code, or its clean-up hangs, too. So a process of pytest ends
itself a while later, with the stacks of its threads. pytest-xdist reports the test as failed, and goes on in
a new process. The process that started the others watches all of them: it ends the run if no test has ended
for a long time, or if all tests together take too long.
"""

import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

STARTS_WITHIN = 600
"""Seconds until the workers know all tests."""
AFTER_LAST = 180
"""Seconds for the end of a process, after its last test."""
_STDERR = os.dup(sys.__stderr__.fileno()) if sys.__stderr__ else 2
"""The process's own standard error, which pytest does not capture."""
_running: dict[str, float] = {}
"""The tests that run, in any process, with the time since when."""
_workers: dict[str, int] = {}
"""The process ids of pytest-xdist's workers."""
_last = [time.monotonic() + STARTS_WITHIN]
"""When the last test ended, or the workers knew all tests."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("hang_grace", "Seconds after a test's timeout until its process ends.", default="60")
    parser.addini("hang_silence", "Seconds without a test that ends until the run ends.", default="1500")
    parser.addini("hang_whole", "Seconds until a run in CI ends.", default="4500")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        faulthandler.register(signal.SIGUSR1, file=_STDERR, all_threads=True)
    elif getattr(config.option, "dist", "no") != "no" and not getattr(config.option, "long", False):
        threading.Thread(target=_watch, args=(config,), name="watchdog", daemon=True).start()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Its set-up, call and clean-up."""
    if seconds := _timeout(item):
        _end_after(seconds + float(item.config.getini("hang_grace")))
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    """From here to the end of the process: nothing cancels it."""
    _end_after(AFTER_LAST)


def _timeout(item: pytest.Item) -> float:
    """The test's timeout. 0 is none, for a debugger."""
    marker = item.get_closest_marker("timeout")
    if marker and marker.args:
        return float(marker.args[0])
    given = item.config.getoption("timeout", None)
    return float(item.config.getini("timeout") or 0) if given is None else float(given)


def _end_after(seconds: float) -> None:
    """A thread of faulthandler ends the process, which needs neither the main thread nor Python's lock."""
    faulthandler.dump_traceback_later(seconds, exit=True, file=_STDERR)


# --- in the process that starts the workers


def pytest_runtest_logstart(nodeid: str) -> None:
    _running[nodeid] = time.monotonic()


def pytest_runtest_logfinish(nodeid: str) -> None:
    _running.pop(nodeid, None)
    _last[0] = time.monotonic()


def pytest_xdist_newgateway(gateway: Any) -> None:
    _workers[gateway.id] = gateway._rinfo().pid


def pytest_xdist_node_collection_finished() -> None:
    _last[0] = time.monotonic()


def _watch(config: pytest.Config) -> None:
    began = time.monotonic()
    silence, whole = float(config.getini("hang_silence")), float(config.getini("hang_whole"))
    while True:
        time.sleep(min(1.0, silence / 4))
        now = time.monotonic()
        if now - _last[0] > silence:
            _give_up(f"no test has ended for {silence:.0f} s")
        if os.environ.get("CI") and now - began > whole:
            _give_up(f"the run takes longer than {whole:.0f} s")


def _give_up(why: str) -> None:
    now = time.monotonic()
    lines = [f"  {nodeid} (for {now - since:.0f} s)" for nodeid, since in list(_running.items())]
    os.write(_STDERR, "\n".join(["", f"The run hangs: {why}.", *lines, ""]).encode())
    for pid in _workers.values():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGUSR1)  # shows its stacks
    time.sleep(1)
    for pid in _workers.values():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    os._exit(70)
