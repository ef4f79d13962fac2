"""The HTTP side as one ASGI application."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import cache
from typing import Protocol, Self

from dishka import AsyncContainer
from dishka.integrations.litestar import setup_dishka
from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, ControllerRouterHandler, Receive, Scope, Send
from prometheus_client import CollectorRegistry

from augury.application.batches.accept_batch import AcceptBatch
from augury.application.batches.follow_batch import FollowBatch
from augury.application.batches.ports import Batches, BatchStore
from augury.application.batches.receive_batch import ReceiveBatch
from augury.application.limits import Limits
from augury.application.models.follow_training import FollowTraining
from augury.application.models.follow_upload import FollowUpload
from augury.application.models.ports import ModelFiles, Models
from augury.application.models.receive_model import ReceiveModel
from augury.application.models.receive_table import ReceiveTable
from augury.application.money.ports import Balances, Ledger
from augury.application.open_streams import OpenStreams
from augury.application.people.admit_guest import AdmitGuest
from augury.application.people.authorize_admin import AuthorizeAdmin
from augury.application.people.find_guests import FindGuests
from augury.application.people.identify_caller import IdentifyCaller
from augury.application.people.request_rates import RequestRates
from augury.application.ports import Clock, OpenBooks
from augury.application.predictions.follow_prediction import FollowPrediction
from augury.application.predictions.follow_predictions import FollowPredictions
from augury.application.predictions.places import Places
from augury.application.predictions.ports import Predictions
from augury.application.predictions.request_predictions import RequestPredictions
from augury.application.predictions.requests import Decision, Request
from augury.application.predictions.submit_prediction import SubmitPrediction
from augury.application.predictions.wait_for_prediction import WaitForPrediction
from augury.concurrency.natural_batches import NaturalBatches
from augury.concurrency.room import Room
from augury.inbound.http import (
    admin,
    admin_api_keys,
    admin_audit,
    admin_health,
    admin_models,
    admin_overview,
    admin_predictions,
    admin_promo_codes,
    admin_queue,
    admin_rollout,
    admin_trainings,
    admin_users,
    api_keys,
    auth,
    balance,
    batches,
    docs,
    event_streams,
    explanations,
    health,
    model_cards,
    model_uploads,
    models,
    predictions,
    quote,
    submissions,
    users,
    webhooks,
)
from augury.inbound.http import (
    asyncapi as asyncapi_pages,
)
from augury.inbound.http.agents import PATH as AGENTS
from augury.inbound.http.agents import AgentsDoor, AgentsRoom
from augury.inbound.http.asyncapi import MakeAsyncApi
from augury.inbound.http.batch_intake import BatchIntake
from augury.inbound.http.batch_results import BatchResults
from augury.inbound.http.cors import with_cors
from augury.inbound.http.direct_reads import DirectReads, read_directly
from augury.inbound.http.edge import edge
from augury.inbound.http.event_streams import EventStreams
from augury.inbound.http.head import with_head
from augury.inbound.http.health import Checks
from augury.inbound.http.identity import Identity, administrator
from augury.inbound.http.inference import problems as inference_problems
from augury.inbound.http.inference import routes as inference
from augury.inbound.http.inference.answering import Answering
from augury.inbound.http.inference.infer import InferHandler
from augury.inbound.http.intake import Intake
from augury.inbound.http.metrics import Metrics
from augury.inbound.http.metrics import metrics as metrics_page
from augury.inbound.http.model_intake import ModelIntake
from augury.inbound.http.openapi import BEARER, described
from augury.inbound.http.outflow import Outflow
from augury.inbound.http.prediction_answers import PredictionAnswers
from augury.inbound.http.query import only_known_parameters
from augury.inbound.http.settings import HttpSettings
from augury.inbound.tables.elsewhere.workplace import Workplace

ROUTES: Sequence[ControllerRouterHandler] = (
    *predictions.ROUTES,
    *event_streams.ROUTES,
    *explanations.ROUTES,
    *batches.ROUTES,
    *auth.ROUTES,
    *users.ROUTES,
    *api_keys.ROUTES,
    *balance.ROUTES,
    *models.ROUTES,
    *model_cards.ROUTES,
    *inference.ROUTES,
    *webhooks.ROUTES,
)
ADMIN_ROUTES: Sequence[ControllerRouterHandler] = (
    *admin.ROUTES,
    *admin_users.ROUTES,
    *admin_models.ROUTES,
    event_streams.upload_events,
    model_uploads.send_model,
    *admin_trainings.ROUTES,
    event_streams.training_events,
    *admin_rollout.ROUTES,
    *admin_health.ROUTES,
    *admin_predictions.ROUTES,
    *admin_promo_codes.ROUTES,
    *admin_queue.ROUTES,
    *admin_audit.ROUTES,
    *admin_overview.ROUTES,
    *admin_api_keys.ROUTES,
)
SERVICE_ROUTES: Sequence[ControllerRouterHandler] = (*health.ROUTES, metrics_page, *docs.ROUTES)
MOST_BYTES = 65_536
"""The largest body without rows."""
ASYNCAPI_ROUTES: Sequence[ControllerRouterHandler] = (asyncapi_pages.page, asyncapi_pages.document)


class Pages(Protocol):
    """The pages for people: an ASGI application beside the API, behind the same limits and headers."""

    @abstractmethod
    def leads_to(self, path: str) -> bool:
        """Whether this address belongs to a page."""

    @abstractmethod
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    @abstractmethod
    async def stop(self) -> None:
        """Wait for the tasks that the pages have started."""


def create_app(
    *,
    container: AsyncContainer,
    settings: HttpSettings,
    asyncapi: MakeAsyncApi | None = None,
    checks: Checks | None = None,
    pages: Pages | None = None,
    agents: AgentsRoom | None = None,
    tables: Workplace | None = None,
    lifespan: Sequence[Callable[[Litestar], AbstractAsyncContextManager[None]]] = (),
) -> Litestar:
    """The application over the ports and use cases of `container`, which the caller closes.

    `checks` are the dependencies for readiness, by name. Files of batches are read and written at `tables`,
    which the caller closes; None: in threads of this process. Each of `lifespan` is entered before the first
    request and before anything is taken from the container.
    """
    metrics = Metrics()
    state = {
        "settings": settings,
        "metrics": metrics,
        "checks": checks or {},
        "assets": docs.load_assets(),
        "asyncapi": asyncapi,
        "openapi": openapi(settings.base_path),
    }
    app = Litestar(
        [
            _with_rows(settings.max_body_bytes),
            _streamed(),
            *ROUTES,
            _administration(),
            *SERVICE_ROUTES,
            *(ASYNCAPI_ROUTES if asyncapi is not None else ()),
        ],
        state=State(state),
        lifespan=[*lifespan, _handlers(container, settings, metrics, pages, agents, tables)],
        guards=[only_known_parameters],
        exception_handlers=inference_problems.HANDLERS,
        openapi_config=None,  # see `openapi`
        request_max_body_size=min(settings.max_body_bytes, MOST_BYTES),
        logging_config=None,
        debug=False,
        pdb_on_exception=False,
    )
    setup_dishka(container, app)
    inner = with_cors(_directly(app, pages, has_agents=agents is not None), settings.cors_origins)
    intake = Intake(
        most=settings.max_intake_bytes,
        most_of_one=settings.most_intake_of_one,
        most_decoded=settings.max_decoding_bytes,
        trusted=settings.trusted_proxies,
        limited=metrics.limited,
    )
    app.asgi_handler = edge(inner, metrics, intake, patience=settings.read_patience)
    return app


@cache
def openapi(base_path: str) -> bytes:
    """The OpenAPI 3.1 document of the API under `base_path`, as JSON.

    It is made with the first application of a process, so that a mistake in it stops the start, and only
    once, since that takes longer than the rest of an application.
    """
    routes = [_with_rows(None), _streamed(), *ROUTES, _administration(), *SERVICE_ROUTES]
    return described(routes, base_path)


def _handlers(
    container: AsyncContainer,
    settings: HttpSettings,
    metrics: Metrics,
    pages: Pages | None,
    agents: AgentsRoom | None,
    tables: Workplace | None,
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Make what lives as long as the application, and not per request."""

    @asynccontextmanager
    async def made(app: Litestar) -> AsyncIterator[None]:
        identity = Identity(
            identify_caller=await container.get(IdentifyCaller),
            admit_guest=await container.get(AdmitGuest),
            find_guests=await container.get(FindGuests),
            authorize_admin=await container.get(AuthorizeAdmin),
            rates=await container.get(RequestRates),
            settings=settings,
        )
        metrics.show_also(await container.get(CollectorRegistry))
        flight: NaturalBatches[Request, Decision] = NaturalBatches(
            await container.get(RequestPredictions), most=settings.flight
        )
        app.state.identity = identity
        app.state.ledger = await container.get(Ledger)
        outflow = Outflow(most=settings.max_large_answers)
        app.state.prediction_answers = PredictionAnswers(
            predictions=await container.get(Predictions),
            outflow=outflow,
            places=await container.get(Places),
            base_path=settings.base_path,
        )
        app.state.event_streams = EventStreams(
            identity=identity,
            follow_batch=await container.get(FollowBatch),
            follow_upload=await container.get(FollowUpload),
            follow_training=await container.get(FollowTraining),
            clock=await container.get(Clock),
            follow_prediction=await container.get(FollowPrediction),
            follow_predictions=await container.get(FollowPredictions),
            open_streams=await container.get(OpenStreams),
            places=await container.get(Places),
            settings=settings,
        )
        app.state.direct_reads = DirectReads(
            identity=identity,
            predictions=await container.get(Predictions),
            balances=await container.get(Balances),
            answers=app.state.prediction_answers,
            streams=app.state.event_streams,
        )
        submit_prediction = SubmitPrediction(
            models=await container.get(Models),
            books=await container.get(OpenBooks),
            flight=flight,
            limits=await container.get(Limits),
        )
        app.state.infer_handler = InferHandler(
            submit_prediction=submit_prediction,
            wait=await container.get(WaitForPrediction),
            models=await container.get(Models),
            answering=Answering(
                predictions=await container.get(Predictions),
                models=await container.get(Models),
                outflow=outflow,
                room=Room(settings.max_decoding_bytes),
                base_path=settings.base_path,
            ),
            settings=settings,
        )
        app.state.submit_handler = submissions.SubmitHandler(
            identity=identity,
            answers=app.state.prediction_answers,
            submit_prediction=submit_prediction,
            wait=await container.get(WaitForPrediction),
            settings=settings,
        )
        intake = BatchIntake(
            await container.get(ReceiveBatch),
            await container.get(AcceptBatch),
            await container.get(BatchStore),
            await container.get(Limits),
            settings,
            tables,
        )
        app.state.batch_intake = intake
        app.state.model_intake = ModelIntake(
            await container.get(ReceiveModel),
            await container.get(ReceiveTable),
            await container.get(ModelFiles),
            settings,
        )
        app.state.batch_results = BatchResults(
            await container.get(Batches), await container.get(BatchStore), intake.tables
        )
        async with AsyncExitStack() as rooms:
            if agents:
                room = await rooms.enter_async_context(agents.open(submit_prediction))
                app.state.agents = AgentsDoor(identity=identity, origins=agents.origins, app=room)
            yield
        if pages:
            await pages.stop()
        await flight.stop()
        intake.close()

    return made


class _New(Router):
    """A router for one application. Litestar copies routers with their documentation, in case another
    application also has them. The copy takes longer than the rest of a start."""

    def __deepcopy__(self, _: dict[int, object]) -> Self:
        return self


def _with_rows(most_bytes: int | None) -> Router:
    """The routes whose bodies can be large."""
    return _New(
        "/",
        route_handlers=[submissions.submit, quote.quote, *inference.WITH_ROWS],
        request_max_body_size=most_bytes,
    )


def _streamed() -> Router:
    """The route that reads its body as a stream, and counts it itself."""
    return _New("/", route_handlers=[batches.send], request_max_body_size=None)


def _administration() -> Router:
    """The routes that need the role `admin`, which is read from the database each time."""
    return _New(
        "/",
        route_handlers=ADMIN_ROUTES,
        guards=[administrator],
        security=BEARER,
        tags=["Administration"],
    )


def _directly(app: Litestar, pages: Pages | None, *, has_agents: bool) -> ASGIApp:
    """Let submits and frequent reads skip Litestar's routing and binding, and dishka's scope per request,
    which together cost more than the rest of such a request."""
    framework = with_head(app.asgi_handler)
    hot = frozenset(submissions.PATHS)
    shown = with_head(pages) if pages else None

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"] if scope["type"] == ScopeType.HTTP else None
        if method == HttpMethod.POST and scope["path"] in hot:
            await submissions.submit_directly(app.state.submit_handler, scope, receive, send)
        elif method == HttpMethod.GET and (read := app.state.direct_reads.of(scope)):
            await read_directly(read, scope, receive, send)
        elif pages and shown and method is not None and pages.leads_to(scope["path"]):
            await shown(scope, receive, send)
        elif has_agents and method is not None and scope["path"] == AGENTS:
            await app.state.agents(scope, receive, send)
        else:
            await framework(scope, receive, send)

    return handle
