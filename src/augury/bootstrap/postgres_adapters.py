"""The container's adapters for PostgreSQL."""

from collections.abc import AsyncIterator

from asyncpg import Pool
from dishka import Provider, Scope, WithParents

from augury.application.batches.ports import BatchStore
from augury.bootstrap.config import ProcessSettings, SettingError, variable
from augury.outbound.postgres.api_keys import PostgresApiKeys
from augury.outbound.postgres.audit_log import PostgresAuditLog
from augury.outbound.postgres.balances import PostgresBalances
from augury.outbound.postgres.batch_replies import PostgresBatchReplies
from augury.outbound.postgres.batch_store import PostgresBatchStore
from augury.outbound.postgres.batches import PostgresBatches
from augury.outbound.postgres.books import PostgresOpenBooks
from augury.outbound.postgres.bulk_lane import PostgresBulkLane
from augury.outbound.postgres.changes import PostgresChanges
from augury.outbound.postgres.chat_books import PostgresOpenChatBooks
from augury.outbound.postgres.chat_sign_ins import PostgresChatSignIns
from augury.outbound.postgres.chats import PostgresChats, PostgresDialogues
from augury.outbound.postgres.due_deliveries import PostgresDueDeliveries
from augury.outbound.postgres.duty import PostgresDuty
from augury.outbound.postgres.figures import PostgresFigures
from augury.outbound.postgres.inbox import PostgresInbox
from augury.outbound.postgres.ledger import PostgresLedger
from augury.outbound.postgres.ledger_runs import PostgresLedgerRuns
from augury.outbound.postgres.links import PostgresLinks
from augury.outbound.postgres.model_files import PostgresModelFiles
from augury.outbound.postgres.model_trainings import PostgresModelTrainings
from augury.outbound.postgres.model_uploads import PostgresModelUploads
from augury.outbound.postgres.models import PostgresModels
from augury.outbound.postgres.notices import PostgresNotices
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.predictions import PostgresPredictionContents, PostgresPredictions
from augury.outbound.postgres.promo_codes import PostgresPromoCodes
from augury.outbound.postgres.queues import PostgresQueues
from augury.outbound.postgres.reads import Reads
from augury.outbound.postgres.sessions import PostgresSessions
from augury.outbound.postgres.settings import PostgresSettings
from augury.outbound.postgres.throttle import PostgresThrottle
from augury.outbound.postgres.upkeep import PostgresUpkeep
from augury.outbound.postgres.users import PostgresUsers
from augury.outbound.postgres.version_counts import PostgresVersionCounts
from augury.outbound.postgres.webhook_deliveries import PostgresWebhookDeliveries
from augury.outbound.postgres.webhook_outbox import PostgresWebhookOutbox
from augury.outbound.postgres.webhooks import PostgresWebhooks
from augury.outbound.postgres.work import PostgresWork


def postgres() -> Provider:
    provider = Provider(scope=Scope.APP)
    provider.provide(_pool)
    provider.provide(_models_on_offer)
    provider.provide(_batch_store)
    provider.provide(Reads.of)
    provider.provide_all(
        WithParents[PostgresApiKeys],
        WithParents[PostgresAuditLog],
        WithParents[PostgresBalances],
        WithParents[PostgresBatchReplies],
        WithParents[PostgresBatches],
        WithParents[PostgresBulkLane],
        WithParents[PostgresChanges],
        WithParents[PostgresChats],
        WithParents[PostgresDialogues],
        WithParents[PostgresDuty],
        WithParents[PostgresFigures],
        WithParents[PostgresLedgerRuns],
        WithParents[PostgresInbox],
        WithParents[PostgresLedger],
        WithParents[PostgresLinks],
        WithParents[PostgresChatSignIns],
        WithParents[PostgresModelFiles],
        WithParents[PostgresModelTrainings],
        WithParents[PostgresModelUploads],
        WithParents[PostgresNotices],
        WithParents[PostgresOpenBooks],
        WithParents[PostgresOpenChatBooks],
        WithParents[PostgresPredictions],
        WithParents[PostgresPredictionContents],
        WithParents[PostgresPromoCodes],
        WithParents[PostgresQueues],
        WithParents[PostgresSessions],
        WithParents[PostgresThrottle],
        WithParents[PostgresUpkeep],
        WithParents[PostgresUsers],
        WithParents[PostgresVersionCounts],
        WithParents[PostgresWebhookDeliveries],
        WithParents[PostgresDueDeliveries],
        WithParents[PostgresWebhookOutbox],
        WithParents[PostgresWebhooks],
        WithParents[PostgresWork],
    )
    return provider


async def _pool(settings: PostgresSettings) -> AsyncIterator[Pool]:
    async with open_pool(settings) as pool:
        yield pool


def _models_on_offer(pool: Pool, settings: PostgresSettings) -> WithParents[PostgresModels]:
    return PostgresModels(pool, believed=settings.model_cache)


def _batch_store(pool: Pool, settings: ProcessSettings) -> BatchStore:
    """Raises `SettingError`."""
    if settings.store_url is None:
        return PostgresBatchStore(pool)
    name = variable(ProcessSettings, "store_url")
    try:
        from augury.outbound.object_store import ObjectBatchStore  # loads obstore, which few services need
    except ModuleNotFoundError as error:
        raise SettingError(f"{name} needs the package {error.name}: install augury[s3]") from error
    try:
        return ObjectBatchStore(settings.store_url)
    except ValueError as error:
        raise SettingError(f"{name} {error}") from error
