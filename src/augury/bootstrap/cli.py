"""The command line: `augury …`. Every error is one line and a non-zero exit."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import click
import uvloop

from augury.application.ports import Unavailable
from augury.bootstrap.config import ProcessSettings, SettingError, read
from augury.bootstrap.logs import configure_logs
from augury.domain.errors import DomainError

Answer = TypeVar("Answer")


class OneLineErrors(click.Group):
    """Turns whatever a person can mend into one line on standard error."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # as click declares it
        try:
            return super().invoke(ctx)
        except (SettingError, DomainError, Unavailable, OperatorError) as error:
            print(f"augury: {error}", file=sys.stderr)  # noqa: T201
            raise SystemExit(1) from None


class OperatorError(Exception):
    """Something a command cannot do; `str()` is one line that says why."""
