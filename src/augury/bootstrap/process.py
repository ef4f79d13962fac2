"""What every command does first: read its settings, set up the logs, run its coroutine."""

import asyncio
import gc
import logging
import os
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, NoReturn

import uvloop

from augury.bootstrap.config import ProcessSettings, SettingError, read
from augury.bootstrap.known_variables import unknown_variables
from augury.bootstrap.logs import configure_logs

log = logging.getLogger(__name__)


def run(main: Coroutine[object, object, None]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


def spare_the_collector() -> None:
    """Call once what lives as long as the process has been made, before the work begins.

    What is garbage here is nearly all found by counting references. Without this the collector goes
    through modules and application again and again while requests come in: a tenth of the API's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def leave() -> NoReturn:
    """End the process, in which nothing is open any more. The interpreter would wait for threads first: for a
    call of a model that is still under way, which nobody can stop."""
    logging.shutdown()
    os._exit(0)


def process_settings(**given: Any) -> ProcessSettings:  # noqa: ANN401  # options, as click hands them over
    """From the environment, then from the options that were given; sets up the logs."""
    settings = read(ProcessSettings)
    try:
        settings = replace(settings, **{name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        raise SettingError(str(error)) from error
    configure_logs(settings)
    if unknown := ", ".join(unknown_variables(os.environ)):
        log.warning("these variables are none of Augury's and change nothing: %s", unknown)
    return settings
