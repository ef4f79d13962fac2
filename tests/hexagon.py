"""The whole application wired over memory, with a clock that tests set."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry
from typing_extensions import override

from augury.application.chats.issue_telegram_link import IssueTelegramLink
from augury.application.chats.link_chat import LinkChat
from augury.application.chats.preview_link import PreviewLink
from augury.application.chats.record_payment import RecordPayment
from augury.application.chats.refuse_link import RefuseLink
from augury.application.chats.register_chat import RegisterChat
from augury.application.chats.unlink_chat import UnlinkChat
from augury.application.limits import Limits
from augury.application.models.change_model import ChangeModel
from augury.application.models.describe_model import DescribeModel
from augury.application.models.register_model import RegisterModel
from augury.application.money.change_promo_code import ChangePromoCode
from augury.application.money.create_promo_code import CreatePromoCode
from augury.application.money.redeem_promo_code import RedeemPromoCode
from augury.application.money.refund_prediction import RefundPrediction
from augury.application.money.reverse_top_up import ReverseTopUp
from augury.application.money.top_up import TopUp
from augury.application.money.verify_ledger import VerifyLedger
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
from augury.application.people.known_callers import KnownCallers
from augury.application.people.ports import NewUser
from augury.application.people.refresh_tokens import RefreshTokens
from augury.application.people.register_user import RegisterUser
from augury.application.people.sign_in import SignIn
from augury.application.people.sign_out import SignOut
from augury.application.people.unblock_user import UnblockUser
from augury.application.ports import Clock, IdempotencyKey, Json
from augury.application.predictions.backlog import Backlog
from augury.application.predictions.cancel_prediction import CancelPrediction
from augury.application.predictions.find_accepted import FindAccepted
from augury.application.predictions.forget_prediction import ForgetPrediction
from augury.application.predictions.ports import Ended, StoredPrediction
from augury.application.predictions.quote_prediction import QuotePrediction
from augury.application.predictions.replay_dead_letters import ReplayDeadLetters
from augury.application.predictions.request_predictions import RequestPredictions
from augury.application.predictions.requests import Request
from augury.application.predictions.run_batch import RunBatch
from augury.application.predictions.submit_prediction import SubmitPrediction
from augury.application.predictions.sweep import Sweep
from augury.application.predictions.wait_for_prediction import WaitForPrediction
from augury.concurrency.natural_batches import NaturalBatches
from augury.domain.balance import Balance
from augury.domain.errors import DomainError
from augury.domain.identifiers import UserId, uuid7
from augury.domain.model import Model, ModelRef, ModelState
from augury.domain.model_facts import Feature, FeatureKind, InputSchema, ModelFacts, Task
from augury.domain.prediction import Prediction
from augury.domain.user import Role, User
from augury.outbound.memory.access_tokens import MemoryAccessTokens
from augury.outbound.memory.api_keys import MemoryApiKeys
from augury.outbound.memory.balances import MemoryBalances
from augury.outbound.memory.books import MemoryOpenBooks
from augury.outbound.memory.bulk_lane import MemoryBulkLane
from augury.outbound.memory.chat_books import MemoryOpenChatBooks
from augury.outbound.memory.chats import MemoryChats, MemoryDialogues
from augury.outbound.memory.dead_letters import MemoryDeadLetters
from augury.outbound.memory.events import MemoryEvents
from augury.outbound.memory.inbox import MemoryInbox
from augury.outbound.memory.ledger import MemoryLedger
from augury.outbound.memory.links import MemoryLinks
from augury.outbound.memory.memory import Memory
from augury.outbound.memory.model_inspector import MemoryModelInspector
from augury.outbound.memory.model_store import MemoryModelStore
from augury.outbound.memory.models import MemoryModels
from augury.outbound.memory.notices import MemoryNotices
from augury.outbound.memory.passwords import MemoryPasswords
from augury.outbound.memory.predictions import MemoryPredictionContents, MemoryPredictions
from augury.outbound.memory.predictor import MemoryPredictor
from augury.outbound.memory.promo_codes import MemoryPromoCodes
from augury.outbound.memory.sessions import MemorySessions
from augury.outbound.memory.throttle import MemoryThrottle
from augury.outbound.memory.upkeep import MemoryUpkeep
from augury.outbound.memory.users import MemoryUsers
from augury.outbound.memory.work import MemoryWork
from augury.outbound.prometheus_counters import PrometheusCounters
from tests.queue_by_hand import QueueByHand

PASSWORD = "correct horse"
"""The password of everyone that `Hexagon.user` makes."""


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
    """A model that takes one text, unless told otherwise."""
    return Model(
        ref=ModelRef(name, version),
        facts=ModelFacts(
            task=Task.CLASSIFICATION,
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


class Hexagon:
    """Every use case and every port. A test that needs another port behind one use case says
    `replace(hexagon.run_batch, predictor=…)`.

    The model `tone@1` is on offer: it takes a `text` and costs one credit a row.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.clock = SettableClock()
        self.memory = Memory(self.clock)
        self._make_ports()
        self._make_use_cases_of_people()
        self._make_use_cases_of_predictions()
        self.told: list[Ended] = []
        """What the world was told of, in order."""
        self.events.listen(self.told.extend)
        self.events.listen(lambda ended: self.wait_for_prediction.tell(each.prediction_id for each in ended))
        self.model = a_model()
        self.memory.state.models[self.model.ref] = self.model

    def _make_ports(self) -> None:
        self.books = MemoryOpenBooks(self.memory)
        self.chat_books = MemoryOpenChatBooks(self.memory)
        self.chats = MemoryChats(self.memory)
        self.dialogues = MemoryDialogues(self.memory)
        self.inbox = MemoryInbox(self.memory)
        self.links = MemoryLinks(self.memory)
        self.notices = MemoryNotices(self.memory)
        self.work = MemoryWork(self.memory)
        self.bulk_lane = MemoryBulkLane(self.memory)
        self.predictions = MemoryPredictions(self.memory)
        self.balances = MemoryBalances(self.memory)
        self.ledger = MemoryLedger(self.memory, self.limits)
        self.upkeep = MemoryUpkeep(self.memory)
        self.models = MemoryModels(self.memory)
        self.users = MemoryUsers(self.memory)
        self.sessions = MemorySessions(self.memory)
        self.api_keys = MemoryApiKeys(self.memory)
        self.throttle = MemoryThrottle(self.memory)
        self.queue = QueueByHand(self.clock)
        self.dead_letters = MemoryDeadLetters(self.queue)
        self.promo_codes = MemoryPromoCodes(self.memory)
        self.events = MemoryEvents()
        self.predictor = MemoryPredictor()
        self.model_store = MemoryModelStore()
        self.model_inspector = MemoryModelInspector()
        self.passwords = MemoryPasswords()
        self.access_tokens = MemoryAccessTokens(self.clock)
        self.known_callers = KnownCallers(self.limits)
        self.registry = CollectorRegistry()
        self.counters = PrometheusCounters(self.registry)

    def _make_use_cases_of_people(self) -> None:
        self.register_user = RegisterUser(
            users=self.users,
            passwords=self.passwords,
            throttle=self.throttle,
            clock=self.clock,
            limits=self.limits,
        )
        guests: dict[str, Any] = {
            "users": self.users,
            "keys": GuestKeys("g" * 32),
            "known": self.known_callers,
            "clock": self.clock,
            "limits": self.limits,
        }
        self.admit_guest, self.find_guests = AdmitGuest(**guests), FindGuests(**guests)
        self.identify_caller = IdentifyCaller(
            access_tokens=self.access_tokens,
            api_keys=self.api_keys,
            users=self.users,
            known=self.known_callers,
        )
        self.authorize_admin = AuthorizeAdmin(users=self.users)
        self.delete_api_key = DeleteApiKey(api_keys=self.api_keys, known=self.known_callers)
        self.sign_in = SignIn(
            users=self.users,
            passwords=self.passwords,
            sessions=self.sessions,
            access_tokens=self.access_tokens,
            throttle=self.throttle,
            keys=guests["keys"],
            limits=self.limits,
        )
        self.refresh_tokens = RefreshTokens(
            sessions=self.sessions, access_tokens=self.access_tokens, limits=self.limits
        )
        self.sign_out = SignOut(sessions=self.sessions)
        self.change_password = ChangePassword(
            users=self.users,
            passwords=self.passwords,
            throttle=self.throttle,
            known=self.known_callers,
            limits=self.limits,
        )
        self.create_api_key = CreateApiKey(api_keys=self.api_keys, clock=self.clock, limits=self.limits)
        self.issue_telegram_link = IssueTelegramLink(links=self.links, users=self.users, clock=self.clock)
        self.register_chat = RegisterChat(chats=self.chats, clock=self.clock, limits=self.limits)
        self.preview_link = PreviewLink(links=self.links, users=self.users, balances=self.balances)
        self.refuse_link = RefuseLink(links=self.links)
        self.unlink_chat = UnlinkChat(books=self.chat_books, users=self.users, clock=self.clock)
        self.link_chat = LinkChat(books=self.chat_books, users=self.users, clock=self.clock)
        self.record_payment = RecordPayment(books=self.chat_books)
        self.close_account = CloseAccount(
            users=self.users, books=self.books, known=self.known_callers, clock=self.clock
        )
        self.block_user = BlockUser(users=self.users, known=self.known_callers, clock=self.clock)
        self.unblock_user = UnblockUser(users=self.users)
        self.top_up = TopUp(users=self.users, books=self.books)
        self.reverse_top_up = ReverseTopUp(users=self.users, books=self.books)
        self.verify_ledger = VerifyLedger(ledger=self.ledger)
        self.change_promo_code = ChangePromoCode(promo_codes=self.promo_codes, clock=self.clock)
        self.change_role = ChangeRole(users=self.users)
        self.create_promo_code = CreatePromoCode(promo_codes=self.promo_codes, clock=self.clock)
        self.redeem_promo_code = RedeemPromoCode(
            users=self.users,
            books=self.books,
            throttle=self.throttle,
            clock=self.clock,
            limits=self.limits,
        )
        self.refund_prediction = RefundPrediction(users=self.users, books=self.books)

    def _make_use_cases_of_predictions(self) -> None:
        self.backlog = Backlog(self.predictions, self.limits)
        self.find_accepted = FindAccepted(books=self.books)
        self.request_predictions = RequestPredictions(
            books=self.books,
            queue=self.queue,
            clock=self.clock,
            limits=self.limits,
            backlog=self.backlog,
            counters=self.counters,
        )
        self.submit_prediction = SubmitPrediction(
            models=self.models,
            books=self.books,
            flight=NaturalBatches(self.request_predictions, most=64),
            limits=self.limits,
        )
        self.cancel_prediction = CancelPrediction(
            counters=self.counters, books=self.books, events=self.events, clock=self.clock
        )
        self.run_batch = RunBatch(
            work=self.work,
            models=self.models,
            predictor=self.predictor,
            events=self.events,
            clock=self.clock,
            counters=self.counters,
            limits=self.limits,
        )
        self.sweep = Sweep(
            books=self.books,
            queue=self.queue,
            events=self.events,
            clock=self.clock,
            counters=self.counters,
            limits=self.limits,
        )
        self.forget_prediction = ForgetPrediction(contents=MemoryPredictionContents(self.memory))
        self.quote_prediction = QuotePrediction(
            models=self.models, predictions=self.predictions, limits=self.limits
        )
        self.replay_dead_letters = ReplayDeadLetters(dead_letters=self.dead_letters)
        self.wait_for_prediction = WaitForPrediction(self.predictions)
        self.register_model = RegisterModel(
            models=self.models, store=self.model_store, inspector=self.model_inspector, clock=self.clock
        )
        self.change_model = ChangeModel(models=self.models)
        self.describe_model = DescribeModel(models=self.models)

    async def user(self, credits: int = 0, *, role: Role = Role.MEMBER, email: str | None = None) -> User:
        """A new user with so many credits, who signs in with `PASSWORD`."""
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
        """A request as the edges make it: an array of rows, or the first of them as an object."""
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
        """The accepted prediction; raises what it is refused for."""
        request = self.request(user_id, rows, single=single, model=model, expires_in=expires_in)
        [answer] = await self.request_predictions([request])
        if isinstance(answer, DomainError):
            raise answer
        assert isinstance(answer, Prediction)
        return answer

    async def run_all(self) -> None:
        """Run everything that waits in the queue, as a worker would, one task after the other."""
        while task := self.queue.take():
            await self.run_batch(task.prediction_ids, retries=task.attempt > 1)

    async def balance_of(self, user_id: UserId) -> Balance:
        return await self.balances.of(user_id)

    async def prediction(self, prediction: Prediction) -> StoredPrediction:
        """The prediction as it stands now, with its answers."""
        return await self.predictions.get(prediction.id, owner=prediction.user_id)

    async def balanced(self) -> bool:
        """Whether the books, recomputed from the transfers alone, agree with the balances."""
        return not (await self.ledger.verify()).deviations
