"""`augury worker`: runs predictions from the queue, and repairs those that other workers left unfinished."""

import logging
import os
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from asyncpg import Pool
from dishka import AsyncContainer
from prometheus_client import CollectorRegistry

from augury.application.batches.ports import BatchStore
from augury.application.batches.purge_batches import PurgeBatches
from augury.application.limits import Limits
from augury.application.models.check_model import CheckModel
from augury.application.models.ports.trainings import ModelTrainer
from augury.application.models.purge_model_files import PurgeModelFiles
from augury.application.models.purge_trainings import PurgeTrainings
from augury.application.models.store_speeds import StoreSpeeds
from augury.application.models.store_usage import StoreUsage
from augury.application.models.train_model import TrainModel
from augury.application.operation.keep_figures import KeepFigures
from augury.application.operation.ports import ProcessRole
from augury.application.operation.purge_audit_log import PurgeAuditLog
from augury.application.predictions.ports.queue import PredictionQueue
from augury.application.predictions.ports.sweeping import Upkeep
from augury.application.predictions.run_next import RunNext
from augury.application.predictions.run_predictions import RunPredictions
from augury.application.predictions.sweep import Sweep
from augury.application.predictions.take_over import TakeOver
from augury.bootstrap.config import ProcessSettings, read
from augury.bootstrap.container import requested_faults, worker_container
from augury.bootstrap.health import health_page
from augury.bootstrap.process import spare_the_collector
from augury.bootstrap.signals import stop_requested
from augury.bootstrap.topology import BULK, TASKS
from augury.concurrency.background import background
from augury.inbound.worker.consumer import create_consumer
from augury.inbound.worker.model_keeper import ModelKeeper
from augury.inbound.worker.runner import TaskRunner, WorkerSettings
from augury.inbound.worker.sweeper import Sweeper
from augury.inbound.worker.task_consumer import TaskConsumer
from augury.inbound.worker.training_keeper import TrainingKeeper
from augury.outbound.catboost.inspector import InspectorSettings
from augury.outbound.catboost.predictor import CatBoostSettings
from augury.outbound.postgres.schema_version import check_schema
from augury.outbound.postgres.settings import PostgresSettings
from augury.outbound.process_trainer import TrainerSettings
from augury.outbound.rabbitmq.publisher import RabbitSettings

EXIT_FATAL = 70
"""EX_SOFTWARE of sysexits.h: the supervisor must restart this process."""
log = logging.getLogger(__name__)


async def run_worker(process: ProcessSettings) -> None:
    """Work until a signal. Raises `SettingError`, `Unavailable`, `SchemaMismatch` at start-up."""
    stop = stop_requested()
    settings, rabbit = read(WorkerSettings), read(RabbitSettings)
    container = worker_container(
        *(process, read(PostgresSettings), rabbit, read(Limits), settings, read(CatBoostSettings)),
        *(read(InspectorSettings), read(TrainerSettings)),
        overrides=requested_faults(),
    )
    try:
        await check_schema(await container.get(Pool))
        await container.get(BatchStore)  # reports a wrong setting before anything is run
        async with AsyncExitStack() as stack:
            consumer = await stack.enter_async_context(consuming(container, rabbit.urls, settings))
            await stack.enter_async_context(
                health_page(process, consumer.alive, await container.get(CollectorRegistry))
            )
            figures = await container.get(KeepFigures)
            await stack.enter_async_context(background(figures.run(ProcessRole.WORKER)))
            spare_the_collector()
            log.info("the worker is running")
            await stop.wait()
    finally:
        await container.close()


@asynccontextmanager
async def consuming(
    container: AsyncContainer, urls: Sequence[str], settings: WorkerSettings
) -> AsyncIterator[TaskConsumer]:
    """Run tasks from RabbitMQ and sweep while the block runs. Unfinished tasks are then handed back."""
    runner = await task_runner(container, settings)
    queue = await container.get(PredictionQueue)
    brokers = {
        url: create_consumer(
            url, tasks=TASKS, bulk=BULK, runner=runner, queue=queue, prefetch=settings.prefetch
        )
        for url in urls
    }
    consumer = TaskConsumer(brokers, runner, queues=(TASKS, BULK))
    keepers = await keepers_of_models(container, settings)
    async with background((await sweeper(container, settings)).run(), *keepers):
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()


async def task_runner(container: AsyncContainer, settings: WorkerSettings) -> TaskRunner:
    """A task runner, which has been asked to look for dead workers once."""
    run_predictions, run_next = await container.get(RunPredictions), await container.get(RunNext)
    runner = TaskRunner(
        run_predictions, run_next, await container.get(TakeOver), settings, on_fatal=_end_process
    )
    runner.taking_over.ask()
    return runner


async def sweeper(container: AsyncContainer, settings: WorkerSettings) -> Sweeper:
    return Sweeper(
        await container.get(Sweep),
        await container.get(Upkeep),
        await container.get(PurgeBatches),
        await container.get(PurgeAuditLog),
        purge_every=settings.purge_every,
    )


async def keepers_of_models(
    container: AsyncContainer, settings: WorkerSettings
) -> Sequence[Coroutine[object, object, object]]:
    """The checks and the trainings of models, each to be run in the background."""
    checking = ModelKeeper(
        await container.get(CheckModel),
        await container.get(PurgeModelFiles),
        await container.get(StoreUsage),
        await container.get(StoreSpeeds),
        every=settings.check_models_every,
        purge_every=settings.purge_every,
    )
    training = TrainingKeeper(
        await container.get(TrainModel),
        await container.get(PurgeTrainings),
        await container.get(ModelTrainer),
        every=settings.check_models_every,
        purge_every=settings.purge_every,
        trains=(await container.get(TrainerSettings)).threads > 0,
    )
    return checking.run(), training.run()


def _end_process(reason: str) -> None:
    """End at once. Cleaning up would wait for the thread that hangs."""
    log.critical("this process ends: %s", reason)
    logging.shutdown()
    os._exit(EXIT_FATAL)
