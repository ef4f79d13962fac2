"""The start of every command: read its settings, set up the logs, run its coroutine."""

import asyncio
import ctypes
import gc
import logging
import os
import sys
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, NoReturn

from augury.bootstrap.config import ProcessSettings, SettingError, read
from augury.bootstrap.known_variables import unknown_variables
from augury.bootstrap.logs import configure_logs

log = logging.getLogger(__name__)


SWITCH = 0.0005
"""Seconds after which a thread lets another one run Python code. Models and large bodies run in other
threads. With Python's default, 0.005, the event loop would wait for them several times per answer."""


def run(main: Coroutine[object, object, None]) -> None:
    """Run a process that serves. Short commands do not need uvloop."""
    import uvloop

    sys.setswitchinterval(SWITCH)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


def spare_the_collector() -> None:
    """Call once, after creating everything that lives as long as the process.

    Reference counting finds nearly all garbage here. Without this call the collector scans modules and the
    application again and again, which takes a tenth of the API's time.
    """
    gc.collect()
    gc.freeze()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # gives back what imports have freed
        trim(0)
    gc.set_threshold(10_000, 20, 20)


M_MMAP_THRESHOLD = -3
LARGE = 4 * 2**20


def give_large_blocks_back() -> None:
    """Call once, before anything large is allocated.

    A password's hash takes 19 MiB for a moment. By default, glibc keeps such a block after its first use, one
    in each thread that hashes. With a fixed threshold it returns to the system. Other C libraries have no
    setting like that.
    """
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(M_MMAP_THRESHOLD, LARGE)


def leave() -> NoReturn:
    """End the process after everything is closed. A normal exit would first wait for threads, such as a call
    of a model, which cannot be stopped."""
    logging.shutdown()
    os._exit(0)


def process_settings(**given: Any) -> ProcessSettings:  # noqa: ANN401  # options, as click hands them over
    """Read the settings from the environment and the given options, which take precedence. Set up the
    logs."""
    settings = read(ProcessSettings)
    try:
        settings = replace(settings, **{name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        raise SettingError(str(error)) from error
    configure_logs(settings)
    if unknown := ", ".join(unknown_variables(os.environ)):
        log.warning("Augury does not know these variables and ignores them: %s", unknown)
    return settings
