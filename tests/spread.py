"""How a run of all tests is spread over pytest-xdist's workers."""

import fcntl
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

FOLDERS = ("deployment", "chaos", "browser", "telegram", "integration", "contract")
"""Those whose tests take longest come first, so that no processor is idle at the end."""
TOGETHER = ("tests/deployment/", "tests/chaos/")
"""The first share one engine, its images and a running service. The others share the servers that they stop.
Both wait most of the time, so other tests run beside them."""


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """All tests of a file run in one worker, where they share the file's fixtures."""

    def _split_scope(self, nodeid: str) -> str:
        together = (each for each in TOGETHER if nodeid.startswith(each))
        return next(together, nodeid.partition("::")[0])

    def remove_node(self, node: Any) -> str | None:
        """Take the work of a worker that ended, and return the test that ended it, which does not run again.

        pytest-xdist would hand out the worker's finished files, too. A worker that gets no test but these
        waits for another one forever.
        """
        work: dict[str, dict[str, bool]] = self.assigned_work.pop(node)
        left = [
            (scope, nodeid) for scope, tests in work.items() for nodeid, done in tests.items() if not done
        ]
        if not left:
            return None
        scope, crashed = left[0]
        work[scope][crashed] = True
        self.workqueue.update({scope: tests for scope, tests in work.items() if not all(tests.values())})
        for other in self.assigned_work:
            self._reschedule(other)
        return crashed


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[Any]:
    """Collects without looking for garbage, which takes a third of the time: a million objects of modules and
    tests live until the end. Later searches pass them over."""
    gc.disable()
    try:
        with _turn(session.config):
            return (yield)
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _turn(config: pytest.Config) -> Iterator[None]:
    """In a clean checkout, one worker collects first: it compiles the tests, and the others find the result.
    Otherwise each would compile all of them, at the same time."""
    if not hasattr(config, "workerinput") or "CI" not in os.environ:
        yield
        return
    turn = os.open(config.rootpath, os.O_RDONLY)
    try:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(turn, fcntl.LOCK_SH)
        yield
    finally:
        os.close(turn)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _rank(item.nodeid))


def _rank(nodeid: str) -> int:
    folder = nodeid.split("/")[1]
    return FOLDERS.index(folder) if folder in FOLDERS else len(FOLDERS)
