"""Sends a table to a service that runs elsewhere, and follows the training there."""

import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from augury.bootstrap.cli.listing import say
from augury.bootstrap.cli.model.remote_service import Service, blocks
from augury.bootstrap.cli.model.scores import scores_in_words
from augury.bootstrap.config import OperatorError
from augury.bootstrap.progress import OnStep, progress
from augury.cards.card import decoded
from augury.domain.training_plan import Plan

LOOK_EVERY = 0.5
UNDER_WAY, READY = ("queued", "training"), "ready"
_STOPPING = "ending the training with the best model so far; press Ctrl-C again to leave it to the service"


def train_remotely(url: str, key: str, table: Path, plan: Plan, asked: Mapping[str, object]) -> None:
    """Send the table, follow the training until it has ended, and print its result. Ctrl-C ends it with the
    best model so far. Raises `OperatorError`."""
    service = Service(url, key)
    training = _sent(service, table, {**_settings(plan), **asked})
    with progress(f"training {training['name']}") as on_step:
        training = _followed(service, training, on_step)
    if training["state"] != READY:
        raise OperatorError(f"there is no model, because the training {_ended(training)}")
    ref = training["model"]
    card = service.call("GET", f"/models/{quote(ref)}/card")
    for line in scores_in_words(decoded(json.dumps(card))):
        say(line)
    state = service.call("GET", f"/admin/models/{quote(ref)}")["state"]
    say(f"added {ref}: {state}")
    say(f"its card: GET /models/{ref}/card")
    if training["reason"]:
        say(f"warning: {training['reason']}", err=True)


def _ended(training: Mapping[str, Any]) -> str:
    state, reason = training["state"], training["reason"]
    return f"was {state}: {reason}" if state != "failed" else f"failed: {reason}"


def _settings(plan: Plan) -> dict[str, object]:
    """The plan as query parameters."""
    given = plan.settings
    return {
        **{name: given[name] for name in ("target", "task", "time", "group", "positive")},
        "kinds": json.dumps(given["kinds"]) if plan.kinds else None,
        "cost": None if plan.cost is None else str(plan.cost),
        "seconds": int(given["seconds"]),
    }


def _sent(service: Service, table: Path, asked: Mapping[str, object]) -> dict[str, Any]:
    with table.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    query = urlencode({name: each for name, each in {**asked, "sha256": sha256}.items() if each is not None})
    size = table.stat().st_size
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
    with progress(f"sending {table.name}") as on_step:
        return service.call("POST", f"/admin/trainings?{query}", blocks(table, size, on_step), headers)


def _followed(service: Service, training: dict[str, Any], on_step: OnStep) -> dict[str, Any]:
    """The training after its end. Prints what was found in the table as soon as it is known."""
    told, is_stopping = 0, False
    path = f"/admin/trainings/{training['id']}"
    while True:
        for line in training["found"][told:]:
            say(line, err=True)
        told = len(training["found"])
        on_step(training["percent"], 100)
        if training["state"] not in UNDER_WAY:
            return training
        try:
            time.sleep(LOOK_EVERY)
            training = service.call("GET", path)
        except KeyboardInterrupt:
            if is_stopping:
                raise
            is_stopping = True
            say(_STOPPING, err=True)
            training = service.call("POST", f"{path}/cancel")
