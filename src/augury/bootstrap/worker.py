"""`augury worker`: takes predictions from the queue, runs them, repairs what others left."""

import os

from asyncpg import Pool
from dishka import AsyncContainer

from augury.application.limits import Limits
from augury.application.ports import PredictionQueue, Upkeep
from augury.application.run_batch import RunBatch
from augury.application.sweep import Sweep
from augury.bootstrap.background import background
from augury.bootstrap.config import ProcessSettings, read
from augury.bootstrap.container import worker_container
from augury.bootstrap.signals import stop_requested
from augury.inbound.worker.consumer import create_consumer
from augury.inbound.worker.runner import TaskRunner, WorkerSettings
from augury.inbound.worker.sweeper import Sweeper
from augury.outbound.postgres.migrations import check_schema
from augury.outbound.postgres.pool import PostgresSettings
from augury.outbound.rabbitmq import RabbitSettings
