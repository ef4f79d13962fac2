"""The dependencies of the bot's handlers, which live as long as the process."""

from dataclasses import dataclass

from augury.application.batches.cancel_batch import CancelBatch
from augury.application.batches.ports import Batches
from augury.application.chats.confirm_chat_sign_in import ConfirmChatSignIn
from augury.application.chats.link_chat import LinkChat
from augury.application.chats.ports.chats import Chat, Chats, Dialogues
from augury.application.chats.ports.results import BatchReplies, Notices
from augury.application.chats.preview_link import PreviewLink
from augury.application.chats.record_payment import RecordPayment
from augury.application.chats.refund_payment import RefundPayment
from augury.application.chats.refuse_link import RefuseLink
from augury.application.chats.register_chat import RegisterChat
from augury.application.chats.unlink_chat import UnlinkChat
from augury.application.limits import Limits
from augury.application.models.ports.models import Models
from augury.application.money.ports import Balances
from augury.application.money.redeem_promo_code import RedeemPromoCode
from augury.application.people.close_account import CloseAccount
from augury.application.people.ports.users import Users
from augury.application.ports.books import OpenBooks
from augury.application.ports.counters import Counters
from augury.application.predictions.cancel_prediction import CancelPrediction
from augury.application.predictions.find_accepted import FindAccepted
from augury.application.predictions.flights import Flights
from augury.application.predictions.places import Places
from augury.application.predictions.ports.contents import PredictionContents
from augury.application.predictions.ports.reads import Predictions
from augury.application.predictions.request_predictions import RequestPredictions
from augury.application.predictions.submit_prediction import SubmitPrediction
from augury.domain.model import Model
from augury.inbound.telegram.batch_deliverer import BatchDeliverer
from augury.inbound.telegram.deliverer import Deliverer
from augury.inbound.telegram.file_intake import FileIntake
from augury.inbound.telegram.settings import TelegramSettings

MOST_IN_FLIGHT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    chats: Chats
    dialogues: Dialogues
    notices: Notices
    batch_replies: BatchReplies
    models: Models
    balances: Balances
    users: Users
    predictions: Predictions
    batches: Batches
    places: Places
    contents: PredictionContents
    register_chat: RegisterChat
    confirm_chat_sign_in: ConfirmChatSignIn
    preview_link: PreviewLink
    link_chat: LinkChat
    refuse_link: RefuseLink
    unlink_chat: UnlinkChat
    close_account: CloseAccount
    record_payment: RecordPayment
    refund_payment: RefundPayment
    redeem_promo_code: RedeemPromoCode
    cancel_prediction: CancelPrediction
    cancel_batch: CancelBatch
    flight: Flights
    submit_prediction: SubmitPrediction
    find_accepted: FindAccepted
    deliverer: Deliverer
    batch_deliverer: BatchDeliverer
    file_intake: FileIntake
    counters: Counters
    limits: Limits
    settings: TelegramSettings

    def model_name(self, chat: Chat) -> str:
        return chat.model or self.limits.default_model

    async def model_of(self, chat: Chat) -> Model:
        """The model that the chat has chosen; raises `ModelNotFound`."""
        return await self.models.get(self.model_name(chat), user_id=chat.user_id)

    async def available(self, chat: Chat) -> int:
        return (await self.balances.of(chat.user_id)).spendable


def flight_of(request_predictions: RequestPredictions, limits: Limits) -> Flights:
    """Accept requests that arrive at the same time together, whichever chats they come from."""
    return Flights(request_predictions, limits, most=MOST_IN_FLIGHT)


def submit_of(models: Models, books: OpenBooks, flight: Flights, limits: Limits) -> SubmitPrediction:
    return SubmitPrediction(models=models, books=books, flight=flight, limits=limits)
