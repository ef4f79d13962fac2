"""Options that several commands have."""

import math
import re
from pathlib import Path
from typing import Any

import click
from typing_extensions import override

from augury.bootstrap.config import OperatorError


class NumberRange(click.FloatRange):
    """A number within the range. click's own type takes `nan` for one."""

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


def checked_key(key: str) -> str:
    """The key, which becomes part of a header. Raises `OperatorError`, without the key, if it cannot."""
    if not key.isascii() or not key.isprintable():
        raise OperatorError("the key has characters that are never part of a key")
    return key


def without_user(url: str) -> str:
    """The address as it may be printed and kept: without its user and password."""
    return _USER.sub(r"\1", url)


_USER = re.compile(
    r"""^((?:[a-z][a-z0-9+.-]*:)?//)?
    (?:[^/?#]*@
    |[^/?#@:\[]*:(?!\d*(?:[/?#]|$)).*@)  # no port after the colon: a password with a character such as /
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


ASKED_FOR = "Default: asked for, which is safer: a list of processes shows options to everyone."
DATA = "Data folder (AUGURY_DATA, ./.augury)."
data_option = click.option("--data", type=click.Path(path_type=Path), help=DATA)
host = click.option("--host", help="Address to listen on (AUGURY_HOST, 127.0.0.1).")
port = click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (AUGURY_PORT, 8000).")
