"""A run that hangs ends, and shows where. See `tests.watchdog` and `tests.spread`."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLUGINS = ("-p", "xdist", "-p", "pytest_timeout", "-p", "tests.spread", "-p", "tests.watchdog")
HANGS = """
import signal, threading, time
import pytest

@pytest.mark.parametrize("number", range(3))
def test_before(number): ...

def test_hangs():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])  # as a library that does not return to Python
    threading.Event().wait()

@pytest.mark.parametrize("number", range(3))
def test_after(number): ...
"""
QUICK = """
import pytest

@pytest.mark.parametrize("number", range(9))
def test_quick(number): ...
"""


def run(folder: Path, *options: str, **files: str) -> tuple[str, int]:
    (folder / "tests").mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    for name, content in files.items():
        (folder / "tests" / f"{name}.py").write_text(content)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", *PLUGINS, *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=240,
    )
    return done.stdout, done.returncode


def test_a_test_that_no_exception_ends_fails_with_its_stack_and_all_others_run_once(tmp_path: Path) -> None:
    patient = ("-n2", "--timeout=1", "-o", "hang_grace=1")
    said, code = run(tmp_path, *patient, test_a=HANGS, test_b=QUICK, test_c=QUICK, test_d=QUICK)
    assert code == 1, said
    assert "1 failed, 33 passed" in said
    assert "in test_hangs" in said, "its stack"
    assert "crashed while running 'tests/test_a.py::test_hangs'" in said
    assert said.count("PASSED tests/test_a.py::test_before[0]") == 1


def test_a_run_in_which_no_test_ends_any_more_names_what_runs(tmp_path: Path) -> None:
    said, code = run(tmp_path, "-n2", "--timeout=0", "-o", "hang_silence=5", test_a=HANGS, test_b=QUICK)
    assert code == 70, said
    assert "The run hangs: no test has ended for 5 s.\n  tests/test_a.py::test_hangs (for " in said
    assert "in test_hangs" in said, "its stack"
