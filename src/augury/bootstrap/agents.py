"""The Model Context Protocol, if it is switched on. Its SDK takes much memory, so it is loaded only then."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from dishka import AsyncContainer
from litestar.types import ASGIApp

from augury.application.limits import Limits
from augury.application.models.ports.models import Models
from augury.application.money.ports import Balances
from augury.application.predictions.cancel_prediction import CancelPrediction
from augury.application.predictions.places import Places
from augury.application.predictions.ports.reads import Predictions
from augury.application.predictions.submit_prediction import SubmitPrediction
from augury.application.predictions.wait_for_prediction import WaitForPrediction
from augury.bootstrap.config import SettingError
from augury.inbound.http.callers.idempotency import key_of_submit
from augury.inbound.http.models.routes import VersionView
from augury.inbound.http.mounted.agents import MOST_BYTES, AgentsApp
from augury.inbound.http.predictions.views import ListedPrediction, PredictionView
from augury.inbound.http.problems.documents import problem_of
from augury.inbound.http.settings import HttpSettings
from augury.inbound.mcp.ports import Views
from augury.inbound.mcp.sdk import load_only_what_is_named
from augury.inbound.mcp.settings import McpSettings


def agents_app(container: AsyncContainer, http: HttpSettings, settings: McpSettings) -> AgentsApp | None:
    """None if it is switched off. Raises `SettingError` if its package is missing."""
    if not settings.mcp:
        return None
    try:
        load_only_what_is_named()
        from augury.inbound.mcp import agents, calling, server, tasks  # loads the SDK
    except ImportError as error:
        raise SettingError("AUGURY_MCP needs the extra `mcp`: pip install 'augury[mcp]'") from error

    @asynccontextmanager
    async def opened(submit_prediction: SubmitPrediction) -> AsyncIterator[ASGIApp]:
        limits, predictions = await container.get(Limits), await container.get(Predictions)
        cancel_prediction = await container.get(CancelPrediction)
        views = views_of(http, limits, await container.get(Places))
        called = calling.Calling(
            submit_prediction=submit_prediction,
            wait=await container.get(WaitForPrediction),
            cancel_prediction=cancel_prediction,
            views=views,
            task_after=settings.mcp_task_after,
            max_wait=http.max_wait,
        )
        answering = agents.Agents(
            models=await container.get(Models),
            predictions=predictions,
            balances=await container.get(Balances),
            cancel_prediction=cancel_prediction,
            limits=limits,
            calling=called,
            views=views,
        )
        asked = tasks.Tasks(
            predictions=predictions, cancel_prediction=cancel_prediction, views=views, result=called.result
        )
        async with server.served(answering, asked, most_bytes=MOST_BYTES) as app:
            yield app

    return AgentsApp(open=opened, origins=settings.mcp_origins)


def views_of(http: HttpSettings, limits: Limits, places: Places) -> Views:
    """The HTTP side's own views, as plain JSON values."""
    path = http.base_path
    return Views(
        prediction=lambda stored: _plain(PredictionView.of(stored, base_path=path, place=places.of(stored))),
        listed=lambda stored: _plain(ListedPrediction.of(stored, base_path=path, place=places.of(stored))),
        model=lambda model: _plain(VersionView.of(model, max_text=limits.max_text)),
        problem=lambda error: _plain(problem_of(error)),
        make_key=key_of_submit,
    )


def _plain(view: object) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(view))
    return plain
