"""Sends a table to a service that runs elsewhere, and follows the training there."""

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from augury.bootstrap.cli.listing import say
from augury.bootstrap.cli.model.scores import scores_in_words
from augury.bootstrap.cli.model.sending import sent
from augury.bootstrap.cli.remote import Refused, Remote
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
    asyncio.run(_train_remotely(url, key, table, {**_settings(plan), **asked}))


async def _train_remotely(url: str, key: str, table: Path, asked: Mapping[str, object]) -> None:
    async with Remote(url, key) as remote:
        training = await sent(remote, "admin/trainings", table, asked)
        with progress(f"training {training['name']}") as on_step:
            training = await _followed(remote, training, on_step)
        if training["state"] != READY:
            raise OperatorError(f"there is no model, because the training {_ended(training)}")
        ref = training["model"]
        card = await remote.json("GET", f"models/{quote(ref)}/card")
        offer = await remote.json("GET", f"admin/models/{quote(ref)}")
    for line in scores_in_words(decoded(json.dumps(card))):
        say(line)
    say(f"added {ref}: {offer['state']}")
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


async def _followed(remote: Remote, training: dict[str, Any], on_step: OnStep) -> dict[str, Any]:
    """The training after its end. Prints what was found in the table as soon as it is known.

    At the first Ctrl-C, `asyncio.run` cancels this task, which then ends the training and goes on following
    it. At the second, it raises `KeyboardInterrupt`, and cancels the task again.
    """
    told, is_stopping = 0, False
    path = f"admin/trainings/{training['id']}"
    while True:
        for line in training["found"][told:]:
            say(line, err=True)
        told = len(training["found"])
        on_step(training["percent"], 100)
        if training["state"] not in UNDER_WAY:
            return training
        try:
            await asyncio.sleep(LOOK_EVERY)
            training = await remote.json("GET", path)
        except asyncio.CancelledError:
            if is_stopping:
                raise
            is_stopping = True
            say(_STOPPING, err=True)
            training = await _stopped(remote, path)


async def _stopped(remote: Remote, path: str) -> dict[str, Any]:
    """The training after a request to end it, for which it may be too late."""
    try:
        return await remote.json("POST", f"{path}/cancel")
    except Refused as refused:
        if refused.status != HTTPStatus.CONFLICT:
            raise
        return await remote.json("GET", path)
