"""The dependency containers: one function per process. Each container is checked when it is made."""

import os
from collections.abc import AsyncIterator, Iterator

from asyncpg import Pool
from dishka import STRICT_VALIDATION, AsyncContainer, Provider, Scope, WithParents, make_async_container

from augury.application.chats.issue_telegram_link import IssueTelegramLink
from augury.application.chats.link_chat import LinkChat
from augury.application.chats.preview_link import PreviewLink
from augury.application.chats.record_payment import RecordPayment
from augury.application.chats.refund_payment import RefundPayment
from augury.application.chats.refuse_link import RefuseLink
from augury.application.chats.register_chat import RegisterChat
from augury.application.chats.unlink_chat import UnlinkChat
from augury.application.models.change_model import ChangeModel
from augury.application.models.describe_model import DescribeModel
from augury.application.models.ports import ModelStore
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
from augury.application.people.identify_caller import IdentifyCaller
from augury.application.people.known_callers import KnownCallers
from augury.application.people.refresh_tokens import RefreshTokens
from augury.application.people.register_user import RegisterUser
from augury.application.people.sign_in import SignIn
from augury.application.people.sign_out import SignOut
from augury.application.people.unblock_user import UnblockUser
from augury.application.predictions.backlog import Backlog
from augury.application.predictions.cancel_prediction import CancelPrediction
from augury.application.predictions.find_accepted import FindAccepted
from augury.application.predictions.forget_prediction import ForgetPrediction
from augury.application.predictions.quote_prediction import QuotePrediction
from augury.application.predictions.replay_dead_letters import ReplayDeadLetters
from augury.application.predictions.request_predictions import RequestPredictions
from augury.application.predictions.run_batch import RunBatch
from augury.application.predictions.sweep import Sweep
from augury.application.predictions.wait_for_prediction import WaitForPrediction
from augury.bootstrap.config import ProcessSettings, SettingError
from augury.outbound.argon2_passwords import Argon2Passwords
from augury.outbound.memory.dead_letters import MemoryDeadLetters
from augury.outbound.memory.events import MemoryEvents
from augury.outbound.memory.queue import MemoryPredictionQueue
from augury.outbound.model_store import FolderModelStore
from augury.outbound.postgres.api_keys import PostgresApiKeys
from augury.outbound.postgres.balances import PostgresBalances
from augury.outbound.postgres.books import PostgresOpenBooks
from augury.outbound.postgres.bulk_lane import PostgresBulkLane
from augury.outbound.postgres.chat_books import PostgresOpenChatBooks
from augury.outbound.postgres.chats import PostgresChats, PostgresDialogues
from augury.outbound.postgres.duty import PostgresDuty
from augury.outbound.postgres.inbox import PostgresInbox
from augury.outbound.postgres.ledger import PostgresLedger
from augury.outbound.postgres.links import PostgresLinks
from augury.outbound.postgres.models import PostgresModels
from augury.outbound.postgres.notices import PostgresNotices
from augury.outbound.postgres.pool import PostgresSettings, open_pool
from augury.outbound.postgres.predictions import PostgresPredictionContents, PostgresPredictions
from augury.outbound.postgres.promo_codes import PostgresPromoCodes
from augury.outbound.postgres.sessions import PostgresSessions
from augury.outbound.postgres.throttle import PostgresThrottle
from augury.outbound.postgres.upkeep import PostgresUpkeep
from augury.outbound.postgres.users import PostgresUsers
from augury.outbound.postgres.work import PostgresWork
from augury.outbound.system_clock import SystemClock


def api_container(*settings: object, overrides: tuple[Provider, ...] = ()) -> AsyncContainer:
    """The API: everything except running models."""
    return _container(
        settings, _postgres(), _rabbit(), _counters(), _requests(), _people(), _administration(), *overrides
    )


def worker_container(*settings: object, overrides: tuple[Provider, ...] = ()) -> AsyncContainer:
    """A worker: running models, settling predictions, and repairs."""
    return _container(settings, _postgres(), _rabbit(), _counters(), _work(), *overrides)


def up_container(*settings: object, broker: bool, overrides: tuple[Provider, ...] = ()) -> AsyncContainer:
    """API and worker in one process. Without a `broker`, the queue is also in the process.

    To add the bot, pass `telegram()` as an override.
    """
    queue = _rabbit() if broker else _in_process()
    serving = _counters(), _requests(), _people(), _administration(), _work(), _models()
    return _container(settings, _postgres(), queue, *serving, *overrides)


def bot_container(*settings: object, overrides: tuple[Provider, ...] = ()) -> AsyncContainer:
    """The Telegram bot: no model, no web framework."""
    return _container(settings, _postgres(), _rabbit(), _counters(), _requests(), telegram(), *overrides)


def operator_container(*settings: object, overrides: tuple[Provider, ...] = ()) -> AsyncContainer:
    """The operator's commands: people, models and the books, without a queue."""
    return _container(settings, _postgres(), _models(), _administration(), _operator(), *overrides)


def asked_for_faults() -> tuple[Provider, ...]:
    """The fault points that `AUGURY_FAULT` names. Raises `SettingError` if this build has none."""
    text = os.environ.get("AUGURY_FAULT")
    if not text:
        return ()
    try:
        from augury.bootstrap.faults import fault_points
    except ImportError as error:
        raise SettingError("AUGURY_FAULT: this build is for production and has no fault points") from error
    return fault_points(text)


def _container(settings: tuple[object, ...], *providers: Provider) -> AsyncContainer:
    """A container of these providers, `SystemClock`, and each of the settings by its type."""
    own = Provider(scope=Scope.APP)
    own.provide(WithParents[SystemClock])
    for each in settings:
        own.from_context(provides=type(each))
    return make_async_container(
        own,
        *providers,
        context={type(each): each for each in settings},
        validation_settings=STRICT_VALIDATION,
    )


def _postgres() -> Provider:
    provider = Provider(scope=Scope.APP)
    provider.provide(_pool)
    provider.provide(_models_on_offer)
    provider.provide_all(
        WithParents[PostgresApiKeys],
        WithParents[PostgresBalances],
        WithParents[PostgresBulkLane],
        WithParents[PostgresChats],
        WithParents[PostgresDialogues],
        WithParents[PostgresDuty],
        WithParents[PostgresInbox],
        WithParents[PostgresLedger],
        WithParents[PostgresLinks],
        WithParents[PostgresNotices],
        WithParents[PostgresOpenBooks],
        WithParents[PostgresOpenChatBooks],
        WithParents[PostgresPredictions],
        WithParents[PostgresPredictionContents],
        WithParents[PostgresPromoCodes],
        WithParents[PostgresSessions],
        WithParents[PostgresThrottle],
        WithParents[PostgresUpkeep],
        WithParents[PostgresUsers],
        WithParents[PostgresWork],
    )
    return provider


async def _pool(settings: PostgresSettings) -> AsyncIterator[Pool]:
    async with open_pool(settings) as pool:
        yield pool


def _models_on_offer(pool: Pool, settings: PostgresSettings) -> WithParents[PostgresModels]:
    return PostgresModels(pool, believed=settings.model_cache)


def _rabbit() -> Provider:
    from augury.bootstrap.broker import rabbit  # loads FastStream

    return rabbit()


def _in_process() -> Provider:
    provider = Provider(scope=Scope.APP)
    provider.provide_all(
        WithParents[MemoryPredictionQueue], WithParents[MemoryEvents], WithParents[MemoryDeadLetters]
    )
    return provider


def _counters() -> Provider:
    """What a process counts, in a registry of its own container."""
    from prometheus_client import CollectorRegistry  # a command of the operator counts nothing

    from augury.outbound.prometheus_counters import PrometheusCounters

    provider = Provider(scope=Scope.APP)
    provider.provide(lambda: CollectorRegistry(auto_describe=True), provides=CollectorRegistry)
    provider.provide(WithParents[PrometheusCounters])
    return provider


def _requests() -> Provider:
    """The use cases that the API and the bot share."""
    provider = Provider(scope=Scope.APP)
    provider.provide_all(
        RequestPredictions, FindAccepted, CancelPrediction, RedeemPromoCode, WaitForPrediction, Backlog
    )
    provider.provide_all(CloseAccount, KnownCallers)
    return provider


def _administration() -> Provider:
    """The use cases of administrators and operators."""
    provider = Provider(scope=Scope.APP)
    provider.provide_all(
        BlockUser,
        ChangeModel,
        ChangePromoCode,
        ChangeRole,
        CreatePromoCode,
        DescribeModel,
        RefundPrediction,
        ReverseTopUp,
        TopUp,
        UnblockUser,
        VerifyLedger,
    )
    return provider


def _people() -> Provider:
    from augury.outbound.jwt_tokens import JwtAccessTokens  # only the API needs tokens

    provider = Provider(scope=Scope.APP)
    provider.provide_all(WithParents[Argon2Passwords], WithParents[JwtAccessTokens])
    provider.provide_all(
        AdmitGuest,
        AuthorizeAdmin,
        ChangePassword,
        CreateApiKey,
        DeleteApiKey,
        FindGuests,
        ForgetPrediction,
        IdentifyCaller,
        IssueTelegramLink,
        RefreshTokens,
        QuotePrediction,
        ReplayDeadLetters,
        RegisterUser,
        SignIn,
        SignOut,
    )
    return provider


def _work() -> Provider:
    from augury.outbound.catboost.model import CatBoostPredictor, CatBoostSettings  # loads CatBoost

    def predictor(store: ModelStore, settings: CatBoostSettings) -> Iterator[WithParents[CatBoostPredictor]]:
        made = CatBoostPredictor(store, settings)
        yield made
        made.close()

    provider = Provider(scope=Scope.APP)
    provider.provide(predictor)
    provider.provide(_model_store)
    provider.provide_all(RunBatch, Sweep)
    return provider


def _model_store(settings: ProcessSettings) -> WithParents[FolderModelStore]:
    return FolderModelStore(settings.model_files)


def _models() -> Provider:
    from augury.outbound.catboost.inspector import CatBoostInspector

    provider = Provider(scope=Scope.APP)
    provider.provide(lambda: CatBoostInspector(), provides=WithParents[CatBoostInspector])
    provider.provide(RegisterModel)
    return provider


def _operator() -> Provider:
    provider = Provider(scope=Scope.APP)
    provider.provide(WithParents[Argon2Passwords])
    provider.provide(_model_store)
    provider.provide_all(ChangePassword, KnownCallers, RegisterUser)
    return provider


def telegram() -> Provider:
    """What the bot needs besides `_requests`."""
    from augury.inbound.telegram.bot import TelegramBot  # loads aiogram
    from augury.inbound.telegram.client import create_bot
    from augury.inbound.telegram.deliverer import Deliverer
    from augury.inbound.telegram.desk import Desk, flight_of, submit_of
    from augury.outbound.telegram_payments import TelegramPayments

    provider = Provider(scope=Scope.APP)
    provider.provide(create_bot)
    provider.provide(flight_of)
    provider.provide(submit_of)
    provider.provide_all(WithParents[TelegramPayments], TelegramBot, Deliverer, Desk)
    provider.provide_all(
        RegisterChat, PreviewLink, LinkChat, RefuseLink, UnlinkChat, RecordPayment, RefundPayment
    )
    return provider
