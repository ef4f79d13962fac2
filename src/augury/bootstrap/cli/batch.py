"""Commands for people who send batches to a service. They need its address and an API key, no database."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from augury.bootstrap.cli.listing import say

INTERRUPTED = 130
"""The exit code after Ctrl-C."""
INCOMPLETE = 3
"""The exit code if some rows have no answer."""
FORMATS = ("csv", "ndjson", "parquet")
URL = "Address of the service, such as https://augury.example.org (AUGURY_API_URL)."
KEY = "API key or access token. AUGURY_API_KEY is safer: a list of processes shows options to everyone."
url_option = click.option("--url", envvar="AUGURY_API_URL", required=True, help=URL)
key_option = click.option("--key", envvar="AUGURY_API_KEY", required=True, help=KEY)


@click.group()
def batch() -> None:
    """Batches at a service: run, cancel."""


@batch.command("run")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--model", required=True, help="The model: name or name@version.")
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write."
)
@url_option
@key_option
@click.option("--max-price", type=click.IntRange(min=0), help="Refuse the batch if it costs more credits.")
@click.option(
    "--format",
    type=click.Choice(FORMATS),
    help="Format of the results. Default: by the ending of --out, else CSV.",
)
def run(
    file: Path,
    model: str,
    out: Path,
    url: str,
    key: str,
    max_price: int | None,
    format: str | None,
) -> None:
    """Send FILE as a batch, wait for its end, and write the results to --out.

    FILE is CSV, JSON lines (.ndjson, .jsonl) or Parquet, and may be packed (.gz). After an interruption, the
    same command continues: the service keeps what it has received, and results continue where they broke off.
    Ctrl-C leaves the batch running at the service.

    Exit codes: 0 if all rows have an answer, 3 if the results are written and some rows have none, 1 after an
    error, 2 for wrong usage, 130 after Ctrl-C.
    """
    from augury.bootstrap.cli.batch_run import BatchRun
    from augury.bootstrap.cli.batch_state import BatchOrder

    order = BatchOrder(
        file=file, out=out, url=url, model=model, format=_format(format, out), max_price=max_price
    )
    running = BatchRun(order, key)
    failed = _interruptible(running.run, running.how_to_go_on)
    if failed:
        sys.exit(INCOMPLETE)


@batch.command("cancel")
@click.argument("batch_id", metavar="ID")
@url_option
@key_option
def cancel(batch_id: str, url: str, key: str) -> None:
    """Cancel the batch ID. Its credits come back, except for the parts that are running or done."""
    from augury.bootstrap.cli.batch_run import canceled, outcome_of

    now = _interruptible(lambda: canceled(batch_id, url, key), lambda: "")
    say(f"batch {batch_id} is {now['status']}: {outcome_of(now)}")


def _format(asked: str | None, out: Path) -> str:
    by_ending = {"jsonl": "ndjson", "ndjson": "ndjson", "parquet": "parquet"}
    return asked or by_ending.get(out.suffix[1:].lower(), "csv")


def _interruptible(run: Callable[[], Any], words: Callable[[], str]) -> Any:  # noqa: ANN401  # what `run` has
    try:
        return run()
    except KeyboardInterrupt:
        if said := words():
            click.echo(said, err=True)
        sys.exit(INTERRUPTED)
