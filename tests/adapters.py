"""All adapters of one technology, and the steps that many contract tests begin with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from asyncpg import Pool

from augury.application.batches.ports import Batches, BatchStore
from augury.application.chats.ports.books import OpenChatBooks
from augury.application.chats.ports.chats import Chats, Dialogues
from augury.application.chats.ports.links import Links
from augury.application.chats.ports.results import BatchReplies, Notices
from augury.application.chats.ports.sign_ins import ChatSignIns
from augury.application.chats.ports.updates import Duty, Inbox
from augury.application.limits import Limits
from augury.application.models.ports.counts import VersionCounts
from augury.application.models.ports.models import Models
from augury.application.models.ports.trainings import ModelTrainings
from augury.application.models.ports.uploads import ModelFiles, ModelUploads
from augury.application.money.ports import Balances, Ledger, PromoCodes
from augury.application.operation.ports import AuditLog, FiguresOverTime, LedgerRuns
from augury.application.people.ports.api_keys import ApiKey, ApiKeys
from augury.application.people.ports.sessions import Sessions
from augury.application.people.ports.throttle import Throttle
from augury.application.people.ports.users import NewUser, Users
from augury.application.ports import Json
from augury.application.predictions.ports.acceptance import Accepted
from augury.application.predictions.ports.changes import Changes
from augury.application.predictions.ports.contents import PredictionContents
from augury.application.predictions.ports.lanes import BulkLane, Queues
from augury.application.predictions.ports.reads import Predictions
from augury.application.predictions.ports.sweeping import Upkeep
from augury.application.predictions.ports.work import Claimed, ClaimTerms, Finished, Work
from augury.application.webhooks.ports import DueDeliveries, WebhookDeliveries, WebhookOutbox, Webhooks
from augury.domain.api_key import Spending
from augury.domain.balance import Balance
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.model import ModelRef
from augury.domain.prediction import Prediction, Status
from augury.domain.premise import Premise
from augury.domain.row_errors import RowError
from augury.domain.transfer import Transfer, TransferKind
from augury.domain.user import Role, User
from augury.outbound.memory.api_keys import MemoryApiKeys
from augury.outbound.memory.audit_log import MemoryAuditLog
from augury.outbound.memory.balances import MemoryBalances
from augury.outbound.memory.batch_replies import MemoryBatchReplies
from augury.outbound.memory.batches import MemoryBatches, MemoryBatchStore
from augury.outbound.memory.books import MemoryOpenBooks
from augury.outbound.memory.bulk_lane import MemoryBulkLane
from augury.outbound.memory.changes import MemoryChanges
from augury.outbound.memory.chat_books import MemoryOpenChatBooks
from augury.outbound.memory.chat_sign_ins import MemoryChatSignIns
from augury.outbound.memory.chats import MemoryChats, MemoryDialogues
from augury.outbound.memory.due_deliveries import MemoryDueDeliveries
from augury.outbound.memory.duty import MemoryDuty
from augury.outbound.memory.figures import MemoryFigures
from augury.outbound.memory.inbox import MemoryInbox
from augury.outbound.memory.ledger import MemoryLedger
from augury.outbound.memory.ledger_runs import MemoryLedgerRuns
from augury.outbound.memory.links import MemoryLinks
from augury.outbound.memory.memory import Memory
from augury.outbound.memory.model_files import MemoryModelFiles
from augury.outbound.memory.model_trainings import MemoryModelTrainings
from augury.outbound.memory.model_uploads import MemoryModelUploads
from augury.outbound.memory.models import MemoryModels
from augury.outbound.memory.notices import MemoryNotices
from augury.outbound.memory.predictions import MemoryPredictionContents, MemoryPredictions
from augury.outbound.memory.promo_codes import MemoryPromoCodes
from augury.outbound.memory.queues import MemoryQueues
from augury.outbound.memory.sessions import MemorySessions
from augury.outbound.memory.throttle import MemoryThrottle
from augury.outbound.memory.upkeep import MemoryUpkeep
from augury.outbound.memory.users import MemoryUsers
from augury.outbound.memory.version_counts import MemoryVersionCounts
from augury.outbound.memory.webhook_deliveries import MemoryWebhookDeliveries
from augury.outbound.memory.webhook_outbox import MemoryWebhookOutbox
from augury.outbound.memory.webhooks import MemoryWebhooks
from augury.outbound.memory.work import MemoryWork
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
from augury.outbound.postgres.predictions import PostgresPredictionContents, PostgresPredictions
from augury.outbound.postgres.promo_codes import PostgresPromoCodes
from augury.outbound.postgres.queues import PostgresQueues
from augury.outbound.postgres.reads import Reads
from augury.outbound.postgres.sessions import PostgresSessions
from augury.outbound.postgres.throttle import PostgresThrottle
from augury.outbound.postgres.upkeep import PostgresUpkeep
from augury.outbound.postgres.users import PostgresUsers
from augury.outbound.postgres.version_counts import PostgresVersionCounts
from augury.outbound.postgres.webhook_deliveries import PostgresWebhookDeliveries
from augury.outbound.postgres.webhook_outbox import PostgresWebhookOutbox
from augury.outbound.postgres.webhooks import PostgresWebhooks
from augury.outbound.postgres.work import PostgresWork
from tests.hexagon import SettableClock

MODEL = ModelRef("tone", 1)
INPUT = Json(b'[{"text":"hi"}]')
OUTPUT = Json(b'[{"label":"short"}]')
LEASE = timedelta(minutes=5)
MOST_PENDING = 1_000_000
MOST_DECISIONS = 1_000
"""Another decision is needed only if somebody else changed the balance meanwhile."""
SWEEP_EVERY = timedelta(minutes=1)
"""Not the default, so that a check of the books that ignores the setting fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """The ports that store something, over one store, and a way to let its time pass."""

    books: MemoryOpenBooks | PostgresOpenBooks
    work: Work
    bulk_lane: BulkLane
    predictions: Predictions
    changes: Changes
    queues: Queues
    contents: PredictionContents
    balances: Balances
    ledger: Ledger
    upkeep: Upkeep
    batches: Batches
    batch_replies: BatchReplies
    batch_store: BatchStore
    models: Models
    model_files: ModelFiles
    model_uploads: ModelUploads
    model_trainings: ModelTrainings
    version_counts: VersionCounts
    users: Users
    sessions: Sessions
    api_keys: ApiKeys
    audit_log: AuditLog
    figures: FiguresOverTime
    ledger_runs: LedgerRuns
    throttle: Throttle
    chats: Chats
    dialogues: Dialogues
    inbox: Inbox
    links: Links
    chat_sign_ins: ChatSignIns
    notices: Notices
    chat_books: OpenChatBooks
    promo_codes: PromoCodes
    webhooks: Webhooks
    deliveries: WebhookDeliveries
    due_deliveries: DueDeliveries
    outbox: WebhookOutbox
    new_duty: Callable[[], Duty]
    """The duty of another process."""
    pass_time: Callable[[timedelta], Awaitable[None]]
    """Make everything that is stored older by this time."""

    async def spent(self, key_id: UUID) -> Spending:
        """What the API key has spent."""
        spending = (await self.books.read([], [], [key_id])).spending
        assert spending is not None
        return spending[key_id]

    async def user(self, credits: int = 0) -> UserId:
        """A new member with this many credits."""
        user_id = UserId(uuid7())
        user = User(
            id=user_id, role=Role.MEMBER, email=f"{user_id}@example.org", created_at=datetime.now(UTC)
        )
        grant = Transfer(TransferKind.GRANT, user_id, credits, user_id) if credits else None
        await self.users.add(NewUser(user=user, password_hash="hash", grant=grant))
        return user_id

    async def accept(
        self,
        user_id: UserId,
        *predictions: Prediction,
        key: IdempotencyKey | None = None,
        bulk_cost: int | None = None,
    ) -> None:
        """Hold the price of new predictions of one user and record them."""
        assert all(each.user_id == user_id for each in predictions)
        await self.accept_all([Accepted(each, INPUT, key, bulk_cost=bulk_cost) for each in predictions])

    async def accept_all(self, accepted: Sequence[Accepted]) -> None:
        """Hold the prices and record the predictions. Decides again for users whose balance has changed
        meanwhile. Raises what `Balance.hold` raises, and `Conflict`."""
        for _ in range(MOST_DECISIONS):
            if not accepted:
                return
            user_ids = {each.prediction.user_id for each in accepted}
            before = (await self.books.read(user_ids)).balances
            after, transfers = dict(before), list[Transfer]()
            for each in accepted:
                user_id, price = each.prediction.user_id, each.prediction.price
                after[user_id], holds = after[user_id].hold(price, reference=each.prediction.id)
                transfers += holds
            premises = {
                each: Premise.of(before[each], after[each], most_pending=MOST_PENDING) for each in user_ids
            }
            met = await self.books.accept(accepted, transfers, premises)
            accepted = [each for each in accepted if each.prediction.user_id not in met]
        raise AssertionError(
            f"{len(accepted)} predictions are refused again and again: are too many pending?"
        )

    async def predictions_of(self, user_id: UserId, how_many: int) -> list[Prediction]:
        """Accepted predictions of one row for one credit each, in the order of their ids."""
        predictions = sorted((a_prediction(user_id) for _ in range(how_many)), key=lambda each: each.id)
        await self.accept(user_id, *predictions)
        return predictions

    async def claim(
        self,
        *predictions: Prediction,
        token: UUID,
        lease: timedelta = LEASE,
        most_rows: int = 10_000,
        most_bytes: int = 10_000_000,
    ) -> Sequence[Claimed]:
        terms = ClaimTerms(token=token, lease=lease, most_rows=most_rows, most_bytes=most_bytes)
        return await self.work.claim([each.id for each in predictions], terms)

    async def begin(
        self,
        *predictions: Prediction,
        token: UUID,
        most_rows: int = 10_000,
        most_bytes: int = 10_000_000,
        weights: Mapping[ModelRef, float] | None = None,
    ) -> Sequence[Claimed]:
        terms = ClaimTerms(
            token=token, lease=LEASE, most_rows=most_rows, most_bytes=most_bytes, weights=weights or {}
        )
        return await self.work.begin([each.id for each in predictions], terms)

    async def settled(self, *predictions: Prediction) -> list[Prediction]:
        """Run these to their end, every row valid."""
        token = uuid4()
        claimed = await self.claim(*predictions, token=token)
        finished = [finish(each.prediction) for each in claimed]
        await self.work.settle(token, finished)
        return [each.prediction for each in finished]

    async def now(self, prediction: Prediction) -> Prediction:
        """The prediction as it is stored."""
        return (await self.predictions.get(prediction.id, owner=prediction.user_id)).prediction

    async def balance(self, user_id: UserId) -> Balance:
        return await self.balances.of(user_id)

    async def key_owner(self, digest: bytes) -> UserId | None:
        """The owner of this API key, if it is valid."""
        holder = await self.api_keys.owner(digest)
        return holder.user.id if holder else None

    async def deviations(self) -> Sequence[str]:
        return [str(each) for each in (await self.ledger.verify()).deviations]


def a_prediction(
    user_id: UserId,
    *,
    id: UUID | None = None,
    rows: int = 1,
    row_price: int = 1,
    text_price: int = 0,
    text_bytes: int = 0,
    expires_at: datetime | None = None,
    model: ModelRef = MODEL,
) -> Prediction:
    return Prediction(
        id=PredictionId(id or uuid7()),
        user_id=user_id,
        model=model,
        rows=rows,
        row_price=row_price,
        text_price=text_price,
        text_bytes=text_bytes,
        created_at=datetime.now(UTC),
        expires_at=expires_at,
    )


def finish(
    prediction: Prediction,
    *,
    valid_rows: int | None = None,
    unpredicted_text_bytes: int = 0,
    output: Json | None = OUTPUT,
    errors: Sequence[RowError] = (),
) -> Finished:
    """The end of the prediction. By default, all rows are valid."""
    valid_rows = prediction.rows if valid_rows is None else valid_rows
    done = prediction.finish(
        valid_rows=valid_rows, unpredicted_text_bytes=unpredicted_text_bytes, at=datetime.now(UTC)
    )
    return Finished(done, output if done.status is Status.SUCCEEDED else None, errors)


def memory_adapters() -> Adapters:
    clock = SettableClock()
    memory = Memory(clock)

    async def pass_time(time: timedelta) -> None:
        clock.advance(time)

    return Adapters(
        books=MemoryOpenBooks(memory),
        work=MemoryWork(memory),
        bulk_lane=MemoryBulkLane(memory),
        predictions=MemoryPredictions(memory),
        changes=MemoryChanges(memory),
        queues=MemoryQueues(memory),
        contents=MemoryPredictionContents(memory),
        balances=MemoryBalances(memory),
        ledger=MemoryLedger(memory, Limits(sweep_every=SWEEP_EVERY)),
        upkeep=MemoryUpkeep(memory),
        batches=MemoryBatches(memory),
        batch_replies=MemoryBatchReplies(memory),
        batch_store=MemoryBatchStore(),
        models=MemoryModels(memory),
        model_files=MemoryModelFiles(memory),
        model_uploads=MemoryModelUploads(memory),
        model_trainings=MemoryModelTrainings(memory),
        version_counts=MemoryVersionCounts(memory),
        users=MemoryUsers(memory),
        sessions=MemorySessions(memory),
        api_keys=MemoryApiKeys(memory),
        audit_log=MemoryAuditLog(memory),
        figures=MemoryFigures(memory),
        ledger_runs=MemoryLedgerRuns(memory),
        throttle=MemoryThrottle(memory),
        chats=MemoryChats(memory),
        dialogues=MemoryDialogues(memory),
        inbox=MemoryInbox(memory),
        links=MemoryLinks(memory),
        chat_sign_ins=MemoryChatSignIns(memory),
        notices=MemoryNotices(memory),
        chat_books=MemoryOpenChatBooks(memory),
        promo_codes=MemoryPromoCodes(memory),
        webhooks=MemoryWebhooks(memory),
        deliveries=MemoryWebhookDeliveries(memory),
        due_deliveries=MemoryDueDeliveries(memory),
        outbox=MemoryWebhookOutbox(memory),
        new_duty=lambda: MemoryDuty(memory),
        pass_time=pass_time,
    )


def postgres_adapters(pool: Pool) -> Adapters:
    async def pass_time(time: timedelta) -> None:
        await _shift_all_times(pool, time)

    reads = Reads(pool)
    return Adapters(
        books=PostgresOpenBooks(pool),
        work=PostgresWork(pool),
        bulk_lane=PostgresBulkLane(pool),
        predictions=PostgresPredictions(pool, reads),
        changes=PostgresChanges(pool),
        queues=PostgresQueues(pool),
        contents=PostgresPredictionContents(pool),
        balances=PostgresBalances(pool, reads),
        ledger=PostgresLedger(pool, Limits(sweep_every=SWEEP_EVERY)),
        upkeep=PostgresUpkeep(pool),
        batches=PostgresBatches(pool),
        batch_replies=PostgresBatchReplies(pool),
        batch_store=PostgresBatchStore(pool),
        models=PostgresModels(pool),
        model_files=PostgresModelFiles(pool),
        model_uploads=PostgresModelUploads(pool),
        model_trainings=PostgresModelTrainings(pool),
        version_counts=PostgresVersionCounts(pool),
        users=PostgresUsers(pool, reads),
        sessions=PostgresSessions(pool),
        api_keys=PostgresApiKeys(pool),
        audit_log=PostgresAuditLog(pool, reads),
        figures=PostgresFigures(pool),
        ledger_runs=PostgresLedgerRuns(pool),
        throttle=PostgresThrottle(pool),
        chats=PostgresChats(pool),
        dialogues=PostgresDialogues(pool),
        inbox=PostgresInbox(pool),
        links=PostgresLinks(pool),
        chat_sign_ins=PostgresChatSignIns(pool),
        notices=PostgresNotices(pool),
        chat_books=PostgresOpenChatBooks(pool),
        promo_codes=PostgresPromoCodes(pool, reads),
        webhooks=PostgresWebhooks(pool),
        deliveries=PostgresWebhookDeliveries(pool, reads),
        due_deliveries=PostgresDueDeliveries(pool, reads),
        outbox=PostgresWebhookOutbox(pool),
        new_duty=lambda: PostgresDuty(pool),
        pass_time=pass_time,
    )


async def _shift_all_times(pool: Pool, time: timedelta) -> None:
    """The database has its own clock, so its stored times are moved into the past instead."""
    columns = await pool.fetch(
        """
        SELECT table_name AS table, string_agg(
            format('%1$I = (%1$I - $1::interval)::%2$s', column_name, data_type), ', '
        ) AS shifts
        FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type IN ('timestamp with time zone', 'date')
        GROUP BY table_name
        """
    )
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")  # transfers are immutable
        for row in columns:
            await connection.execute(f'UPDATE "{row["table"]}" SET {row["shifts"]}', time)


def an_api_key(user_id: UserId, **given: Any) -> ApiKey:
    """A key that does not expire. `given` are its other fields."""
    fields: dict[str, Any] = {"name": "key", "hint": "aug_abcd", "expires_at": None}
    return ApiKey(id=uuid7(), user_id=user_id, created_at=datetime.now(UTC), **(fields | given))
