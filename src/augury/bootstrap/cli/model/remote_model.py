"""Sends a model file to a service that runs elsewhere, and waits for its check."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from augury.bootstrap.cli.listing import say
from augury.bootstrap.cli.model.prices import prices_in_words
from augury.bootstrap.cli.model.sending import sent
from augury.bootstrap.cli.remote import Remote
from augury.bootstrap.config import OperatorError
from augury.bootstrap.progress import progress

LOOK_EVERY = 0.5
CHECKING, REFUSED, READY = "checking", "refused", "ready"


def send_model(url: str, key: str, file: Path, asked: Mapping[str, object]) -> None:
    """Send the file, wait until a worker has checked it, and print the result. Raises `OperatorError`."""
    asyncio.run(_send_model(url, key, file, asked))


async def _send_model(url: str, key: str, file: Path, asked: Mapping[str, object]) -> None:
    async with Remote(url, key) as remote:
        offer = await sent(remote, "admin/models", file, asked)
        is_new = offer["state"] == CHECKING
        with progress(f"checking {offer['model']}"):
            while offer["state"] == CHECKING:
                await asyncio.sleep(LOOK_EVERY)
                offer = await remote.json("GET", f"admin/models/{quote(offer['model'])}")
    if offer["state"] == REFUSED:
        raise OperatorError(f"The file cannot be served as a model: {offer['reason']}")
    _tell(offer, is_new=is_new)


def _tell(offer: Mapping[str, Any], *, is_new: bool) -> None:
    ref, facts = offer["model"], offer["facts"]
    prices = prices_in_words(facts["row_price"], facts["text_price"])
    said = f"added {ref}" if is_new else f"{ref} already has this file"
    features = ", ".join(facts["input_schema"]["properties"])
    say(f"{said}: {facts['task']}, {features}; {offer['state']}, {prices}")
    if offer["reason"]:
        say(f"warning: {offer['reason']}", err=True)
    if offer["state"] == READY:
        say(f"to activate it: augury model activate {ref} (on the server)", err=True)
        say(f'or: PATCH /admin/models/{ref} with {{"state": "active"}}', err=True)
