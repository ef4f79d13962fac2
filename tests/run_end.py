"""Resources that all tests of a process share, and that must end with the run."""

import atexit
from contextlib import ExitStack

RUN = ExitStack()
"""`tests/conftest.py` closes it after the last test: a worker of pytest-xdist that has reported its end must
exit within ten seconds. The benchmarks, which pytest does not run, close it when the process exits."""
atexit.register(RUN.close)
