"""The whole application wired over memory, with a clock that tests set."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar, get_type_hints

from dishka import Container, Provider, Scope, make_container
from prometheus_client import CollectorRegistry
from typing_extensions import override

from augury.application.batches.accept_batch import AcceptBatch
from augury.application.batches.cancel_batch import CancelBatch
from augury.application.batches.follow_batch import FollowBatch
from augury.application.batches.purge_batches import PurgeBatches
from augury.application.batches.receive_batch import ReceiveBatch
from augury.application.chats.ask_chat_sign_in import AskChatSignIn
from augury.application.chats.confirm_chat_sign_in import ConfirmChatSignIn
from augury.application.chats.finish_chat_sign_in import FinishChatSignIn
from augury.application.chats.issue_telegram_link import IssueTelegramLink
from augury.application.chats.link_chat import LinkChat
from augury.application.chats.ports.payments import Payments
from augury.application.chats.preview_link import PreviewLink
from augury.application.chats.record_payment import RecordPayment
from augury.application.chats.refuse_link import RefuseLink
from augury.application.chats.register_chat import RegisterChat
from augury.application.chats.unlink_chat import UnlinkChat
from augury.application.limits import Limits
from augury.application.models.cancel_training import CancelTraining
from augury.application.models.change_model import ChangeModel
from augury.application.models.check_model import CheckModel
from augury.application.models.describe_model import DescribeModel
from augury.application.models.follow_training import FollowTraining
from augury.application.models.follow_upload import FollowUpload
from augury.application.models.promote_model import PromoteModel
from augury.application.models.purge_model_files import PurgeModelFiles
from augury.application.models.purge_trainings import PurgeTrainings
from augury.application.models.receive_model import ReceiveModel
from augury.application.models.receive_table import ReceiveTable
from augury.application.models.register_model import RegisterModel
from augury.application.models.roll_back_model import RollBackModel
from augury.application.models.start_canary import StartCanary
from augury.application.models.store_usage import StoreUsage
from augury.application.models.train_model import TrainModel
from augury.application.money.change_promo_code import ChangePromoCode
from augury.application.money.create_promo_code import CreatePromoCode
from augury.application.money.redeem_promo_code import RedeemPromoCode
from augury.application.money.refund_prediction import RefundPrediction
from augury.application.money.reverse_top_up import ReverseTopUp
from augury.application.money.top_up import TopUp
from augury.application.money.verify_ledger import VerifyLedger
from augury.application.operation.check_books import CheckBooks
from augury.application.operation.figures_tally import FiguresTally
from augury.application.operation.keep_figures import KeepFigures
from augury.application.operation.look_over import LookOver
from augury.application.operation.purge_audit_log import PurgeAuditLog
from augury.application.people.admit_guest import AdmitGuest
from augury.application.people.authorize_admin import AuthorizeAdmin
from augury.application.people.block_user import BlockUser
from augury.application.people.change_password import ChangePassword
from augury.application.people.change_role import ChangeRole
from augury.application.people.close_account import CloseAccount
from augury.application.people.create_api_key import CreateApiKey
from augury.application.people.delete_api_key import DeleteApiKey
from augury.application.people.find_guests import FindGuests
from augury.application.people.guest_keys import GuestKeys
from augury.application.people.identify_caller import IdentifyCaller
from augury.application.people.ports.users import NewUser
from augury.application.people.refresh_tokens import RefreshTokens
from augury.application.people.register_user import RegisterUser
from augury.application.people.sign_in import SignIn
from augury.application.people.sign_out import SignOut
from augury.application.people.sign_out_everywhere import SignOutEverywhere
from augury.application.people.unblock_user import UnblockUser
from augury.application.ports import Clock, Json
from augury.application.predictions.backlog import Backlog
from augury.application.predictions.cancel_prediction import CancelPrediction
from augury.application.predictions.drop_dead_letters import DropDeadLetters
from augury.application.predictions.find_accepted import FindAccepted
from augury.application.predictions.follow_prediction import FollowPrediction
from augury.application.predictions.follow_predictions import FollowPredictions
from augury.application.predictions.forget_prediction import ForgetPrediction
from augury.application.predictions.places import Places
from augury.application.predictions.ports.events import Ended
from augury.application.predictions.ports.reads import StoredPrediction
from augury.application.predictions.quote_prediction import QuotePrediction
from augury.application.predictions.replay_dead_letters import ReplayDeadLetters
from augury.application.predictions.request_predictions import RequestPredictions
from augury.application.predictions.requests import Request
from augury.application.predictions.run_next import RunNext
from augury.application.predictions.run_predictions import RunPredictions
from augury.application.predictions.submit_prediction import SubmitPrediction
from augury.application.predictions.sweep import Sweep
from augury.application.predictions.take_over import TakeOver
from augury.application.predictions.wait_for_prediction import WaitForPrediction
from augury.application.webhooks.create_webhook import CreateWebhook
from augury.application.webhooks.deliver_webhook import DeliverWebhook
from augury.application.webhooks.rotate_secret import RotateSecret
from augury.application.webhooks.send_test_event import SendTestEvent
from augury.application.webhooks.settings import WebhookSettings
from augury.bootstrap.use_cases import EVERY, use_cases
from augury.concurrency.natural_batches import NaturalBatches
from augury.domain.answer_form import ModelTask
from augury.domain.balance import Balance
from augury.domain.errors import DomainError
from augury.domain.feature import Feature, FeatureKind
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import UserId, uuid7
from augury.domain.input_schema import InputSchema
from augury.domain.model import Model, ModelRef, ModelState
from augury.domain.model_facts import ModelFacts
from augury.domain.prediction import Prediction
from augury.domain.user import Role, User
from augury.domain.webhook_signature import WebhookSecrets
from augury.inbound.deliverer.deliverer import WebhookDeliverer
from augury.inbound.deliverer.settings import BasePath, DelivererSettings
from augury.outbound.delivery_counters import PrometheusDeliveryCounters
from augury.outbound.memory.access_tokens import MemoryAccessTokens
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
from augury.outbound.memory.dead_letters import MemoryDeadLetters
from augury.outbound.memory.due_deliveries import MemoryDueDeliveries
from augury.outbound.memory.events import MemoryEvents
from augury.outbound.memory.figures import MemoryFigures
from augury.outbound.memory.inbox import MemoryInbox
from augury.outbound.memory.ledger import MemoryLedger
from augury.outbound.memory.ledger_runs import MemoryLedgerRuns
from augury.outbound.memory.links import MemoryLinks
from augury.outbound.memory.memory import Memory
from augury.outbound.memory.model_files import MemoryModelFiles
from augury.outbound.memory.model_inspector import MemoryModelInspector
from augury.outbound.memory.model_store import MemoryModelStore
from augury.outbound.memory.model_trainer import MemoryModelTrainer
from augury.outbound.memory.model_trainings import MemoryModelTrainings
from augury.outbound.memory.model_uploads import MemoryModelUploads
from augury.outbound.memory.models import MemoryModels
from augury.outbound.memory.notices import MemoryNotices
from augury.outbound.memory.passwords import MemoryPasswords
from augury.outbound.memory.predictions import MemoryPredictionContents, MemoryPredictions
from augury.outbound.memory.predictor import MemoryPredictor
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
from augury.outbound.prometheus_counters import PrometheusCounters
from tests.queue_by_hand import QueueByHand
from tests.webhook_receivers import KnownAddresses, RecordingSender

UseCase = TypeVar("UseCase")
PORTS = re.compile(r"augury\.application\.(\w+\.)?ports(\.\w+)?")
"""The modules of ports."""
PASSWORD = "correct horse"
"""The password of all users that `Hexagon.user` makes."""


class SettableClock(Clock):
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC)

    @override
    def now(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        self._now = now

    def advance(self, time: timedelta) -> None:
        self._now += time


def a_model(
    name: str = "tone",
    version: int = 1,
    *,
    row_price: int = 1,
    text_price: int = 0,
    active: bool = True,
    features: Sequence[Feature] = (),
) -> Model:
    """A model that takes one text by default."""
    return Model(
        ref=ModelRef(name, version),
        facts=ModelFacts(
            task=ModelTask.CLASSIFICATION,
            schema=InputSchema(tuple(features) or (Feature("text", FeatureKind.TEXT),)),
            classes=("long", "short"),
            metrics={},
        ),
        sha256="0" * 64,
        row_price=row_price,
        text_price=text_price,
        state=ModelState.ACTIVE if active else ModelState.READY,
        created_at=datetime.now(UTC),
    )


@cache
def wiring(ports: frozenset[type]) -> Container:
    """The bootstrap's use cases, in a scope for each hexagon. Its context has these ports."""
    given = Provider(scope=Scope.REQUEST)
    for each in ports | {Payments}:  # only Telegram returns stars: see the bot's tests
        given.from_context(provides=each)
    return make_container(given, use_cases(EVERY, scope=Scope.REQUEST))


def ports_of(adapter: object) -> list[type]:
    """The ports that an adapter implements."""
    return [kind for kind in type(adapter).__mro__ if PORTS.fullmatch(kind.__module__)]


class UseCases:
    """Use cases by the names that tests use. `Hexagon.use_case` returns the others."""

    accept_batch: AcceptBatch
    admit_guest: AdmitGuest
    authorize_admin: AuthorizeAdmin
    backlog: Backlog
    block_user: BlockUser
    cancel_batch: CancelBatch
    check_books: CheckBooks
    cancel_prediction: CancelPrediction
    purge_batches: PurgeBatches
    promote_model: PromoteModel
    purge_audit_log: PurgeAuditLog
    purge_model_files: PurgeModelFiles
    purge_trainings: PurgeTrainings
    receive_batch: ReceiveBatch
    receive_model: ReceiveModel
    receive_table: ReceiveTable
    cancel_training: CancelTraining
    change_model: ChangeModel
    check_model: CheckModel
    change_password: ChangePassword
    change_promo_code: ChangePromoCode
    change_role: ChangeRole
    close_account: CloseAccount
    create_api_key: CreateApiKey
    create_webhook: CreateWebhook
    deliver_webhook: DeliverWebhook
    rotate_secret: RotateSecret
    send_test_event: SendTestEvent
    create_promo_code: CreatePromoCode
    delete_api_key: DeleteApiKey
    describe_model: DescribeModel
    drop_dead_letters: DropDeadLetters
    find_accepted: FindAccepted
    find_guests: FindGuests
    ask_chat_sign_in: AskChatSignIn
    confirm_chat_sign_in: ConfirmChatSignIn
    finish_chat_sign_in: FinishChatSignIn
    follow_batch: FollowBatch
    follow_prediction: FollowPrediction
    follow_training: FollowTraining
    follow_upload: FollowUpload
    follow_predictions: FollowPredictions
    forget_prediction: ForgetPrediction
    identify_caller: IdentifyCaller
    issue_telegram_link: IssueTelegramLink
    keep_figures: KeepFigures
    link_chat: LinkChat
    look_over: LookOver
    places: Places
    preview_link: PreviewLink
    quote_prediction: QuotePrediction
    record_payment: RecordPayment
    redeem_promo_code: RedeemPromoCode
    refresh_tokens: RefreshTokens
    refund_prediction: RefundPrediction
    refuse_link: RefuseLink
    register_chat: RegisterChat
    register_model: RegisterModel
    register_user: RegisterUser
    replay_dead_letters: ReplayDeadLetters
    request_predictions: RequestPredictions
    reverse_top_up: ReverseTopUp
    roll_back_model: RollBackModel
    run_predictions: RunPredictions
    run_next: RunNext
    sign_in: SignIn
    sign_out: SignOut
    sign_out_everywhere: SignOutEverywhere
    start_canary: StartCanary
    store_usage: StoreUsage
    sweep: Sweep
    take_over: TakeOver
    top_up: TopUp
    train_model: TrainModel
    unblock_user: UnblockUser
    unlink_chat: UnlinkChat
    verify_ledger: VerifyLedger
    wait_for_prediction: WaitForPrediction


NAMED = get_type_hints(UseCases)


class Hexagon(UseCases):
    """Every port, and every use case over them, as the bootstrap wires it.

    A test that needs another port behind one use case says `over(hexagon.run_predictions, predictor=…)`.

    The model `tone@1` is on offer: it takes a `text` and costs one credit a row.
    """

    def __init__(self, limits: Limits | None = None, webhooks: WebhookSettings | None = None) -> None:
        self.limits = limits or Limits()
        self.webhook_settings = webhooks or WebhookSettings()
        self.clock = SettableClock()
        self.memory = Memory(self.clock)
        self._make_ports()
        self._scope = wiring(frozenset(self.ports))(self.ports).__enter__()
        for name, kind in NAMED.items():
            setattr(self, name, self.use_case(kind))
        self.submit_prediction = SubmitPrediction(
            models=self.models,
            books=self.books,
            flight=NaturalBatches(self.request_predictions, most=64),
            limits=self.limits,
        )
        self.told: list[Ended] = []
        """The published events, in order."""
        self.events.listen(self.told.extend)
        self.events.listen(lambda ended: self.wait_for_prediction.tell(ended))  # a test may replace it
        self.events.listen(lambda ended: self.follow_prediction.tell(ended))
        self.events.listen(lambda ended: self.follow_predictions.tell(ended))
        self.model = a_model()
        self.memory.state.models[self.model.ref] = self.model

    def _make_ports(self) -> None:
        self.books = MemoryOpenBooks(self.memory)
        self.chat_books = MemoryOpenChatBooks(self.memory)
        self.chats = MemoryChats(self.memory)
        self.dialogues = MemoryDialogues(self.memory)
        self.inbox = MemoryInbox(self.memory)
        self.links = MemoryLinks(self.memory)
        self.chat_sign_ins = MemoryChatSignIns(self.memory)
        self.notices = MemoryNotices(self.memory)
        self.work = MemoryWork(self.memory)
        self.bulk_lane = MemoryBulkLane(self.memory)
        self.predictions = MemoryPredictions(self.memory)
        self.queues = MemoryQueues(self.memory)
        self.changes = MemoryChanges(self.memory)
        self.batches = MemoryBatches(self.memory)
        self.batch_replies = MemoryBatchReplies(self.memory)
        self.batch_store = MemoryBatchStore()
        self.balances = MemoryBalances(self.memory)
        self.ledger = MemoryLedger(self.memory, self.limits)
        self.contents = MemoryPredictionContents(self.memory)
        self.upkeep = MemoryUpkeep(self.memory)
        self.models = MemoryModels(self.memory)
        self.users = MemoryUsers(self.memory)
        self.sessions = MemorySessions(self.memory)
        self.api_keys = MemoryApiKeys(self.memory)
        self.audit_log = MemoryAuditLog(self.memory)
        self.figures = MemoryFigures(self.memory)
        self.ledger_runs = MemoryLedgerRuns(self.memory)
        self.throttle = MemoryThrottle(self.memory)
        self.queue = QueueByHand(self.clock)
        self.dead_letters = MemoryDeadLetters(self.queue)
        self.promo_codes = MemoryPromoCodes(self.memory)
        self.events = MemoryEvents()
        self.predictor = MemoryPredictor()
        self.model_files = MemoryModelFiles(self.memory)
        self.model_uploads = MemoryModelUploads(self.memory)
        self.model_trainings = MemoryModelTrainings(self.memory)
        self.model_trainer = MemoryModelTrainer()
        self.version_counts = MemoryVersionCounts(self.memory)
        self.model_store = MemoryModelStore(self.model_files)
        self.model_inspector = MemoryModelInspector()
        self.passwords = MemoryPasswords()
        self.access_tokens = MemoryAccessTokens(self.clock)
        self.registry = CollectorRegistry()
        self.figures_tally = FiguresTally()
        self.counters = PrometheusCounters(self.registry, self.figures_tally)
        self.webhooks = MemoryWebhooks(self.memory)
        self.deliveries = MemoryWebhookDeliveries(self.memory)
        self.due_deliveries = MemoryDueDeliveries(self.memory)
        self.outbox = MemoryWebhookOutbox(self.memory)
        self.addresses = KnownAddresses()
        self.sender = RecordingSender()
        self.delivery_counters = PrometheusDeliveryCounters(self.registry)

    @property
    def ports(self) -> dict[type, object]:
        """All dependencies of the use cases except each other, by type."""
        by_type: dict[type, object] = {port: each for each in vars(self).values() for port in ports_of(each)}
        return by_type | {
            GuestKeys: GuestKeys("g" * 32),
            Limits: self.limits,
            FiguresTally: self.figures_tally,
            WebhookSecrets: WebhookSecrets("w" * 32),
            WebhookSettings: self.webhook_settings,
        }

    def use_case(self, kind: type[UseCase]) -> UseCase:
        return self._scope.get(kind)

    def use_cases(self, group: Iterable[type]) -> dict[type, object]:
        """The use cases of a group, by type. Named ones as the test may have replaced them."""
        named = {kind: getattr(self, name) for name, kind in NAMED.items()}
        return {kind: named.get(kind) or self.use_case(kind) for kind in group}

    async def user(self, credits: int = 0, *, role: Role = Role.MEMBER, email: str | None = None) -> User:
        """A new user with this many credits, who signs in with `PASSWORD`."""
        user_id = UserId(uuid7())
        user = User(
            id=user_id, role=role, email=email or f"{user_id}@example.org", created_at=self.clock.now()
        )
        await self.users.add(NewUser(user=user, password_hash=await self.passwords.hash(PASSWORD)))
        if credits:
            await self.top_up(user_id=user_id, amount=credits)
        return user

    def request(
        self,
        user_id: UserId,
        rows: Sequence[object] = ({"text": "hi"},),
        *,
        single: bool = False,
        model: Model | None = None,
        expires_in: timedelta | None = None,
        key: IdempotencyKey | None = None,
        max_price: int | None = None,
    ) -> Request:
        """A request as the inbound adapters make it: an array of rows, or the first row as an object."""
        data = rows[0] if single else list(rows)
        return Request.of(
            user_id=user_id,
            model=model or self.model,
            data=data,
            input=Json(json.dumps(data).encode()),
            limits=self.limits,
            expires_in=expires_in,
            key=key,
            max_price=max_price,
        )

    async def request_prediction(
        self,
        user_id: UserId,
        rows: Sequence[object] = ({"text": "hi"},),
        *,
        single: bool = False,
        model: Model | None = None,
        expires_in: timedelta | None = None,
    ) -> Prediction:
        """The accepted prediction. Raises the error if it is refused."""
        request = self.request(user_id, rows, single=single, model=model, expires_in=expires_in)
        [answer] = await self.request_predictions([request])
        if isinstance(answer, DomainError):
            raise answer
        assert isinstance(answer, Prediction)
        return answer

    async def deliver_webhooks(self) -> None:
        """Try every delivery that is due once, as a deliverer would."""
        deliverer = WebhookDeliverer(
            self.deliver_webhook,
            self.due_deliveries,
            self.predictions,
            self.batches,
            self.delivery_counters,
            DelivererSettings(),
            BasePath(),
        )
        await deliverer.look()
        await deliverer.idle()

    async def run_all(self) -> None:
        """Run all tasks in the queue, as a worker would, one after the other."""
        while task := self.queue.take():
            await self.run_predictions(task.prediction_ids, retries=task.attempt > 1)
        while self.queue.take_ticket():
            await self.run_next()

    async def balance_of(self, user_id: UserId) -> Balance:
        return await self.balances.of(user_id)

    async def prediction(self, prediction: Prediction) -> StoredPrediction:
        """The prediction as it stands now, with its answers."""
        return await self.predictions.get(prediction.id, owner=prediction.user_id)

    async def balanced(self) -> bool:
        """Whether the books, recomputed from the transfers alone, agree with the balances."""
        return not (await self.ledger.verify()).deviations


Run = TypeVar("Run", RunPredictions, RunNext)


def over(run: Run, **ports: Any) -> Run:  # any fields of `Execution`
    """The use case with these ports replaced."""
    return type(run)(execution=replace(run.execution, **ports))
