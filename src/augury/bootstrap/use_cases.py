"""The use cases, in the groups that processes take. A new use case needs its name in one of them."""

from dishka import BaseScope, Provider, Scope

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
from augury.application.chats.preview_link import PreviewLink
from augury.application.chats.record_payment import RecordPayment
from augury.application.chats.refund_payment import RefundPayment
from augury.application.chats.refuse_link import RefuseLink
from augury.application.chats.register_chat import RegisterChat
from augury.application.chats.unlink_chat import UnlinkChat
from augury.application.models.cancel_training import CancelTraining
from augury.application.models.change_model import ChangeModel
from augury.application.models.chart_versions import ChartVersions
from augury.application.models.check_model import CheckModel
from augury.application.models.compare_versions import CompareVersions
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
from augury.application.models.speeds import Speeds
from augury.application.models.start_canary import StartCanary
from augury.application.models.store_speeds import StoreSpeeds
from augury.application.models.store_usage import StoreUsage
from augury.application.models.tally import Tally
from augury.application.models.train_model import TrainModel
from augury.application.money.change_promo_code import ChangePromoCode
from augury.application.money.create_promo_code import CreatePromoCode
from augury.application.money.redeem_promo_code import RedeemPromoCode
from augury.application.money.refund_prediction import RefundPrediction
from augury.application.money.reverse_top_up import ReverseTopUp
from augury.application.money.top_up import TopUp
from augury.application.money.verify_ledger import VerifyLedger
from augury.application.open_streams import OpenStreams
from augury.application.operation.check_books import CheckBooks
from augury.application.operation.keep_figures import KeepFigures
from augury.application.operation.look_over import LookOver
from augury.application.operation.purge_audit_log import PurgeAuditLog
from augury.application.people.admit_guest import AdmitGuest
from augury.application.people.authorize_admin import AuthorizeAdmin
from augury.application.people.block_user import BlockUser
from augury.application.people.change_api_key import ChangeApiKey
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
from augury.application.people.request_rates import RequestRates
from augury.application.people.sign_in import SignIn
from augury.application.people.sign_out import SignOut
from augury.application.people.sign_out_everywhere import SignOutEverywhere
from augury.application.people.unblock_user import UnblockUser
from augury.application.predictions.backlog import Backlog
from augury.application.predictions.cancel_prediction import CancelPrediction
from augury.application.predictions.drop_dead_letters import DropDeadLetters
from augury.application.predictions.execution import Execution
from augury.application.predictions.explain_row import ExplainRow
from augury.application.predictions.find_accepted import FindAccepted
from augury.application.predictions.follow_prediction import FollowPrediction
from augury.application.predictions.follow_predictions import FollowPredictions
from augury.application.predictions.forget_prediction import ForgetPrediction
from augury.application.predictions.known_balances import KnownBalances
from augury.application.predictions.known_sheets import KnownSheets
from augury.application.predictions.places import Places
from augury.application.predictions.quote_prediction import QuotePrediction
from augury.application.predictions.repairs import Repairs
from augury.application.predictions.replay_dead_letters import ReplayDeadLetters
from augury.application.predictions.request_predictions import RequestPredictions
from augury.application.predictions.run_next import RunNext
from augury.application.predictions.run_predictions import RunPredictions
from augury.application.predictions.sweep import Sweep
from augury.application.predictions.take_over import TakeOver
from augury.application.predictions.wait_for_prediction import WaitForPrediction
from augury.application.webhooks.change_webhook import ChangeWebhook
from augury.application.webhooks.create_webhook import CreateWebhook
from augury.application.webhooks.delete_webhook import DeleteWebhook
from augury.application.webhooks.deliver_webhook import DeliverWebhook
from augury.application.webhooks.limit_events import LimitEvents
from augury.application.webhooks.replay_deliveries import ReplayDeliveries
from augury.application.webhooks.rotate_secret import RotateSecret
from augury.application.webhooks.send_test_event import SendTestEvent

REQUESTS = (
    Backlog,
    CancelPrediction,
    CloseAccount,
    FindAccepted,
    KeepFigures,
    KnownBalances,
    KnownCallers,
    LimitEvents,
    Places,
    RedeemPromoCode,
    RequestPredictions,
    WaitForPrediction,
)
"""Those that the API and the bot share."""

ADMINISTRATION = (
    BlockUser,
    CancelTraining,
    ChangeModel,
    CheckBooks,
    ChangePromoCode,
    ChangeRole,
    ChartVersions,
    CompareVersions,
    CreatePromoCode,
    DescribeModel,
    LookOver,
    PromoteModel,
    ReceiveModel,
    ReceiveTable,
    RefundPrediction,
    ReverseTopUp,
    RollBackModel,
    StartCanary,
    TopUp,
    UnblockUser,
    VerifyLedger,
)
"""Those of administrators and operators."""

PEOPLE = (
    AdmitGuest,
    AskChatSignIn,
    AuthorizeAdmin,
    ChangeApiKey,
    ChangePassword,
    CreateApiKey,
    DeleteApiKey,
    FindGuests,
    FinishChatSignIn,
    ForgetPrediction,
    IdentifyCaller,
    IssueTelegramLink,
    QuotePrediction,
    ExplainRow,
    RefreshTokens,
    RegisterUser,
    DropDeadLetters,
    ReplayDeadLetters,
    RequestRates,
    SignIn,
    SignOut,
    SignOutEverywhere,
)
"""Those of the API alone."""

CHATS = (
    ConfirmChatSignIn,
    LinkChat,
    PreviewLink,
    RecordPayment,
    RefundPayment,
    RefuseLink,
    RegisterChat,
    UnlinkChat,
)
"""Those of the bot alone."""

STREAMS = (FollowBatch, FollowPrediction, FollowPredictions, FollowTraining, FollowUpload, OpenStreams)
"""Use cases for event streams."""

WEBHOOKS = (ChangeWebhook, CreateWebhook, DeleteWebhook, ReplayDeliveries, RotateSecret, SendTestEvent)

DELIVERY = (DeliverWebhook,)
"""Use cases for the process that sends webhooks."""

BATCHES = (AcceptBatch, CancelBatch, ReceiveBatch)

WORK = (
    CheckModel,
    Execution,
    KeepFigures,
    KnownSheets,
    PurgeAuditLog,
    PurgeBatches,
    PurgeModelFiles,
    PurgeTrainings,
    Repairs,
    RunPredictions,
    RunNext,
    Speeds,
    StoreSpeeds,
    StoreUsage,
    Sweep,
    TakeOver,
    Tally,
    TrainModel,
)
"""`RunPredictions` and `RunNext` share `Execution`; `Sweep` and `TakeOver` share `Repairs`. `StoreUsage`
stores what `Tally` counts, and `StoreSpeeds` what `Speeds` has measured."""

MODELS = (RegisterModel,)

API = (*REQUESTS, *STREAMS, *BATCHES, *PEOPLE, *ADMINISTRATION, *WEBHOOKS)

EVERY = (*API, *CHATS, *WORK, *MODELS, *DELIVERY)


def use_cases(*groups: tuple[type, ...], scope: BaseScope = Scope.APP) -> Provider:
    """A provider of the use cases in these groups."""
    provider = Provider(scope=scope)
    provider.provide_all(*dict.fromkeys(each for group in groups for each in group))
    return provider
