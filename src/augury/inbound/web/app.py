"""The pages as one ASGI application."""

from collections.abc import Sequence
from dataclasses import dataclass

from dishka import AsyncContainer
from dishka.integrations.litestar import setup_dishka
from litestar import Router, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, ControllerRouterHandler

from augury.application.limits import Limits
from augury.application.models.ports.models import Models
from augury.application.people.admit_guest import AdmitGuest
from augury.application.people.ports.sessions import Sessions
from augury.application.people.request_rates import RequestRates
from augury.application.ports.books import OpenBooks
from augury.application.predictions.flights import Flights
from augury.application.predictions.places import Places
from augury.application.predictions.request_predictions import RequestPredictions
from augury.application.predictions.submit_prediction import SubmitPrediction
from augury.inbound.lean_litestar import LeanLitestar
from augury.inbound.web import (
    account,
    by_telegram,
    entering,
    file_form,
    files,
    keys,
    language,
    money,
    predictions,
    problems,
    start,
    try_model,
    webhooks,
)
from augury.inbound.web.assets import load_assets
from augury.inbound.web.operator import routes as operator
from augury.inbound.web.outside import Outside
from augury.inbound.web.rendering import Answer
from augury.inbound.web.settings import WebSettings
from augury.inbound.web.visitor import PageRequest, from_our_page, recognize, within_rates

ROUTES: Sequence[ControllerRouterHandler] = (
    *start.ROUTES,
    *try_model.ROUTES,
    *predictions.ROUTES,
    *file_form.ROUTES,
    *files.ROUTES,
    *money.ROUTES,
    *keys.ROUTES,
    *account.ROUTES,
    *webhooks.ROUTES,
    *entering.ROUTES,
    *by_telegram.ROUTES,
    *language.ROUTES,
    *operator.ROUTES,
)
GUARDS = (recognize, within_rates, from_our_page)
"""They run in this order for every page."""
MOST_BYTES = 65_536
"""The largest form without a file."""
FLIGHT = 64
"""The most submits that share one transaction."""
_FOR_GOOD = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Pages:
    handler: ASGIApp
    flight: Flights

    async def stop(self) -> None:
        await self.flight.stop()


async def make_pages(container: AsyncContainer, settings: WebSettings, outside: Outside) -> Pages:
    """The pages over the ports and use cases of `container`, which the caller closes."""
    limits = await container.get(Limits)
    flight = Flights(await container.get(RequestPredictions), limits, most=FLIGHT)
    submit = SubmitPrediction(
        models=await container.get(Models),
        books=await container.get(OpenBooks),
        flight=flight,
        limits=limits,
    )
    load_assets()
    app = LeanLitestar(
        [asset, Router("/", route_handlers=[*ROUTES, missing], guards=GUARDS)],
        state=State(
            {
                "settings": settings,
                "outside": outside,
                "sessions": await container.get(Sessions),
                "admit_guest": await container.get(AdmitGuest),
                "submit": submit,
                "places": await container.get(Places),
                "limits": limits,
                "rates": await container.get(RequestRates),
            }
        ),
        exception_handlers=dict(problems.HANDLERS),
        openapi_config=None,
        request_max_body_size=MOST_BYTES,
        logging_config=None,
        debug=False,
        pdb_on_exception=False,
    )
    setup_dishka(container, app)
    return Pages(app, flight)


@get(["/app/assets/{name:str}", "/app/assets/{folder:str}/{name:str}"], include_in_schema=False)
async def asset(request: PageRequest) -> ASGIResponse:
    """A file under its hashed name. Another version of Augury may have a different file."""
    found = load_assets().named.get(request.scope["path"].partition("/app/assets/")[2])
    if found is None:
        raise NotFoundException
    is_packed = "gzip" in request.headers.get("accept-encoding", "")
    headers = {"Cache-Control": _FOR_GOOD, "Vary": "Accept-Encoding"}
    if is_packed:
        headers["Content-Encoding"] = "gzip"
    return ASGIResponse(
        body=found.packed if is_packed else found.content, media_type=found.media_type, headers=headers
    )


@get("/app/{address:path}", include_in_schema=False)
async def missing(address: FromPath[str]) -> Answer:
    """All other addresses below `/app`, so that the error page knows its visitor."""
    raise NotFoundException(address)
