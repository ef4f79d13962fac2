"""Arguments and options that several commands for models take."""

from pathlib import Path

import click

from augury.bootstrap.config import OperatorError
from augury.domain.model import ModelRef

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUTPUT = click.Path(dir_okay=False, writable=True, path_type=Path)

price_option = click.option(
    "--price",
    type=click.IntRange(min=0),
    help="Credits per row. Default: the price of the previous version, or 1 for a new name.",
)
text_price_option = click.option(
    "--text-price",
    type=click.IntRange(min=0),
    help="Credits per kilobyte of text (1,000 bytes in UTF-8), on top of the price per row. "
    "Default: the price of the previous version, or 0 for a new name.",
)
inactive_option = click.option("--inactive", is_flag=True, help="Do not make it the active version.")
key_option = click.option(
    "--key",
    envvar="AUGURY_API_KEY",
    help="With --url: an administrator's API key. AUGURY_API_KEY is safer: a list of processes shows options "
    "to everyone.",
)


def ref_of(text: str) -> ModelRef:
    """Raises `OperatorError` if the version is missing."""
    if "@" not in text:
        raise OperatorError(f"name the model with its version, such as {text}@1")
    return ModelRef.parse(text)


def required(key: str | None) -> str:
    """The key, which --url needs. Raises `OperatorError` if it is missing."""
    if key is None:
        raise OperatorError("--url needs --key or AUGURY_API_KEY, an administrator's API key")
    return key
