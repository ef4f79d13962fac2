"""Sends a model file to a service that runs elsewhere, and waits for its check."""

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from augury.bootstrap.cli.listing import say
from augury.bootstrap.cli.model.prices import prices_in_words
from augury.bootstrap.cli.model.remote_service import Service, blocks
from augury.bootstrap.config import OperatorError
from augury.bootstrap.progress import progress

LOOK_EVERY = 0.5
CHECKING, REFUSED, READY = "checking", "refused", "ready"


def send_model(url: str, key: str, file: Path, asked: Mapping[str, object]) -> None:
    """Send the file, wait until a worker has checked it, and print the result. Raises `OperatorError`."""
    service = Service(url, key)
    with file.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    query = urlencode({name: each for name, each in {**asked, "sha256": sha256}.items() if each is not None})
    with progress(f"sending {file.name}") as on_step:
        size = file.stat().st_size
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        offer = service.call("POST", f"/admin/models?{query}", blocks(file, size, on_step), headers)
    is_new = offer["state"] == CHECKING
    with progress(f"checking {offer['model']}"):
        while offer["state"] == CHECKING:
            time.sleep(LOOK_EVERY)
            offer = service.call("GET", f"/admin/models/{quote(offer['model'])}")
    if offer["state"] == REFUSED:
        raise OperatorError(f"The file cannot be served as a model: {offer['reason']}")
    _tell(offer, is_new=is_new)


def _tell(offer: Mapping[str, Any], *, is_new: bool) -> None:
    ref, facts = offer["model"], offer["facts"]
    prices = prices_in_words(facts["row_price"], facts["text_price"])
    said = f"added {ref}" if is_new else f"{ref} already has this file"
    features = ", ".join(facts["input_schema"]["properties"])
    say(f"{said}: {facts['task']}, {features}; {offer['state']}, {prices}")
    if is_new and offer["reason"]:
        say(f"warning: {offer['reason']}", err=True)
    if is_new and offer["state"] == READY:
        say(f"to activate it: augury model activate {ref} (on the server)", err=True)
        say(f'or: PATCH /admin/models/{ref} with {{"state": "active"}}', err=True)
