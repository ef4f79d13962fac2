"""The objects that live as long as the application, and not per request."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from dishka import AsyncContainer
from litestar import Litestar
from litestar.datastructures import State
from prometheus_client import CollectorRegistry

from augury.application.batches.accept_batch import AcceptBatch
from augury.application.batches.follow_batch import FollowBatch
from augury.application.batches.ports import Batches, BatchStore
from augury.application.batches.receive_batch import ReceiveBatch
from augury.application.limits import Limits
from augury.application.models.follow_training import FollowTraining
from augury.application.models.follow_upload import FollowUpload
from augury.application.models.ports.models import Models
from augury.application.models.ports.uploads import ModelFiles
from augury.application.models.receive_model import ReceiveModel
from augury.application.models.receive_table import ReceiveTable
from augury.application.money.ports import Balances, Ledger
from augury.application.open_streams import OpenStreams
from augury.application.people.admit_guest import AdmitGuest
from augury.application.people.authorize_admin import AuthorizeAdmin
from augury.application.people.find_guests import FindGuests
from augury.application.people.identify_caller import IdentifyCaller
from augury.application.people.request_rates import RequestRates
from augury.application.ports import Clock
from augury.application.ports.books import OpenBooks
from augury.application.predictions.flights import Flights
from augury.application.predictions.follow_prediction import FollowPrediction
from augury.application.predictions.follow_predictions import FollowPredictions
from augury.application.predictions.places import Places
from augury.application.predictions.ports.reads import Predictions
from augury.application.predictions.request_predictions import RequestPredictions
from augury.application.predictions.submit_prediction import SubmitPrediction
from augury.application.predictions.wait_for_prediction import WaitForPrediction
from augury.concurrency.room import Room
from augury.inbound.http.batches.events import BatchEvents
from augury.inbound.http.batches.intake import BatchIntake
from augury.inbound.http.batches.results import BatchResults
from augury.inbound.http.batches.waiting_results import WaitingResults
from augury.inbound.http.callers.event_streams import EventStreams
from augury.inbound.http.callers.identity import Identity
from augury.inbound.http.direct_reads import DirectReads
from augury.inbound.http.edge.metrics import Metrics
from augury.inbound.http.edge.outflow import Outflow
from augury.inbound.http.inference.answering import Answering
from augury.inbound.http.inference.infer import InferHandler
from augury.inbound.http.models.admin_events import ModelEvents
from augury.inbound.http.models.intake import ModelIntake
from augury.inbound.http.mounted.agents import AgentsApp, AgentsDoor
from augury.inbound.http.mounted.pages import Pages
from augury.inbound.http.predictions.answers import PredictionAnswers
from augury.inbound.http.predictions.events import PredictionEvents
from augury.inbound.http.predictions.submit_handler import SubmitHandler
from augury.inbound.http.settings import HttpSettings
from augury.inbound.tables.elsewhere.workplace import Workplace


def handlers(
    container: AsyncContainer,
    settings: HttpSettings,
    metrics: Metrics,
    pages: Pages | None,
    agents: AgentsApp | None,
    tables: Workplace | None,
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """The part of the application's lifespan that makes these objects, and puts them into its state."""

    @asynccontextmanager
    async def made(app: Litestar) -> AsyncIterator[None]:
        state = app.state
        state.identity = await _identity(container, settings)
        state.ledger = await container.get(Ledger)
        metrics.show_also(await container.get(CollectorRegistry))
        wait = await container.get(WaitForPrediction)
        flight = Flights(
            await container.get(RequestPredictions),
            await container.get(Limits),
            most=settings.flight,
            waiting=wait.waiting,
        )
        submit_prediction = SubmitPrediction(
            models=await container.get(Models),
            books=await container.get(OpenBooks),
            flight=flight,
            limits=await container.get(Limits),
        )
        streams = EventStreams(open_streams=await container.get(OpenStreams), settings=settings)
        await _for_predictions(state, container, settings, submit_prediction, streams)
        await _for_batches(state, container, settings, tables, streams)
        await _for_models(state, container, settings, streams)
        async with AsyncExitStack() as stack:
            if agents:
                app_of_agents = await stack.enter_async_context(agents.open(submit_prediction))
                state.agents = AgentsDoor(identity=state.identity, origins=agents.origins, app=app_of_agents)
            yield
        if pages:
            await pages.stop()
        await flight.stop()
        state.batch_intake.close()

    return made


async def _identity(container: AsyncContainer, settings: HttpSettings) -> Identity:
    return Identity(
        identify_caller=await container.get(IdentifyCaller),
        admit_guest=await container.get(AdmitGuest),
        find_guests=await container.get(FindGuests),
        authorize_admin=await container.get(AuthorizeAdmin),
        rates=await container.get(RequestRates),
        settings=settings,
    )


async def _for_predictions(
    state: State,
    container: AsyncContainer,
    settings: HttpSettings,
    submit_prediction: SubmitPrediction,
    streams: EventStreams,
) -> None:
    outflow = Outflow(most=settings.max_large_answers)
    answers = PredictionAnswers(
        predictions=await container.get(Predictions),
        outflow=outflow,
        places=await container.get(Places),
        base_path=settings.base_path,
    )
    state.prediction_answers = answers
    state.prediction_events = PredictionEvents(
        identity=state.identity,
        follow_prediction=await container.get(FollowPrediction),
        follow_predictions=await container.get(FollowPredictions),
        places=await container.get(Places),
        streams=streams,
        base_path=settings.base_path,
    )
    state.direct_reads = DirectReads(
        identity=state.identity,
        predictions=await container.get(Predictions),
        balances=await container.get(Balances),
        answers=answers,
        events=state.prediction_events,
    )
    state.submit_handler = SubmitHandler(
        identity=state.identity,
        answers=answers,
        submit_prediction=submit_prediction,
        wait=await container.get(WaitForPrediction),
        settings=settings,
    )
    state.infer_handler = await _infer_handler(container, settings, submit_prediction, outflow)


async def _infer_handler(
    container: AsyncContainer, settings: HttpSettings, submit_prediction: SubmitPrediction, outflow: Outflow
) -> InferHandler:
    return InferHandler(
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


async def _for_batches(
    state: State,
    container: AsyncContainer,
    settings: HttpSettings,
    tables: Workplace | None,
    streams: EventStreams,
) -> None:
    state.batch_intake = BatchIntake(
        await container.get(ReceiveBatch),
        await container.get(AcceptBatch),
        await container.get(BatchStore),
        await container.get(Limits),
        settings,
        tables,
    )
    state.batch_results = BatchResults(
        await container.get(Batches),
        await container.get(BatchStore),
        state.batch_intake.tables,
        WaitingResults(most=settings.max_results_bytes),
    )
    state.batch_events = BatchEvents(
        follow_batch=await container.get(FollowBatch),
        clock=await container.get(Clock),
        streams=streams,
        base_path=settings.base_path,
    )


async def _for_models(
    state: State, container: AsyncContainer, settings: HttpSettings, streams: EventStreams
) -> None:
    state.model_intake = ModelIntake(
        await container.get(ReceiveModel),
        await container.get(ReceiveTable),
        await container.get(ModelFiles),
        settings,
    )
    state.model_events = ModelEvents(
        follow_upload=await container.get(FollowUpload),
        follow_training=await container.get(FollowTraining),
        streams=streams,
        base_path=settings.base_path,
    )
