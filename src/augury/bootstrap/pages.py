"""The pages beside the API, loaded with the first request for a page."""

import asyncio
import importlib
from collections.abc import Callable

from dishka import AsyncContainer
from litestar.datastructures import State

from augury.inbound.http.batches.intake import BatchIntake
from augury.inbound.http.batches.results import BatchResults
from augury.inbound.http.edge.address import place_of
from augury.inbound.http.edge.layer import share_of
from augury.inbound.http.settings import HttpSettings
from augury.inbound.web.door import Door, Made
from augury.inbound.web.outside import FileIntake, FileResults, Outside
from augury.inbound.web.settings import WebSettings


def pages_of(
    container: AsyncContainer, http: HttpSettings, web: WebSettings, api: Callable[[], State]
) -> Door | None:
    """The pages, or None if they are switched off. `api` returns the state of the API's application."""
    if not web.web:
        return None

    def intake() -> FileIntake:
        found: BatchIntake = api().batch_intake
        return found

    def results() -> FileResults:
        found: BatchResults = api().batch_results
        return found

    async def make() -> Made:
        # Loads Jinja and Fluent in a thread, because that takes longer than requests should wait.
        room = await asyncio.to_thread(importlib.import_module, "augury.inbound.web.app")
        outside = Outside(
            base_path=http.base_path,
            place=lambda scope: place_of(scope, http.trusted_proxies),
            streams=lambda scope: share_of(scope).stream(),
            intake=intake,
            results=results,
            models=lambda: api().model_intake,
        )
        made: Made = await room.make_pages(container, web, outside)
        return made

    return Door(make)
