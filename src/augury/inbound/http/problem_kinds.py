"""The kinds of problems that the API answers domain errors with: status, name, title and words of each."""

from collections.abc import Mapping

from augury.domain.api_key import (
    ExpiryNotShortened,
    ModelNotListed,
    ScopeMissing,
    SpendingLimitReached,
)
from augury.domain.balance import (
    AlreadyReversed,
    BooksDisagree,
    CheckUnderWay,
    DebtUnsettled,
    InvalidAmount,
    NotEnoughCredits,
    NotReversible,
    PaymentTaken,
    TopUpNotFound,
)
from augury.domain.batch import (
    BatchEnded,
    BatchNotFound,
    BatchPurged,
    BatchTooLong,
    TooManyBatches,
)
from augury.domain.chat import (
    ChatLinked,
    ChatNotLinked,
    InvalidLink,
    NoBot,
    PaymentNotFound,
    RefundRefused,
    SignInByPassword,
    SignInExpired,
)
from augury.domain.errors import DomainError
from augury.domain.explanation import ExplanationTooLarge, NoExplanation, NotExplained
from augury.domain.model import (
    CardNotFound,
    InvalidModelName,
    InvalidShare,
    ModelNotFound,
    ModelRefused,
    NothingToRollBack,
    VersionMissing,
    WrongModelState,
)
from augury.domain.model_facts import NoClasses
from augury.domain.model_texts import UnfitForModel
from augury.domain.model_training import EmptyTable, TrainingEnded, TrainingNotFound
from augury.domain.model_upload import ChecksumMismatch, EmptyModelFile
from augury.domain.prediction import (
    AlreadyRefunded,
    AnswerTooLarge,
    DeadLetterNotFound,
    ExpiresTooLate,
    IdempotencyConflict,
    NoRows,
    NotRefundable,
    NoValidRow,
    PredictionNotFound,
    TooManyPending,
    TooManyRows,
    WrongStatus,
)
from augury.domain.pricing import MaxPriceExceeded
from augury.domain.promo_code import (
    InvalidPromoCode,
    PromoCodeNotFound,
    PromoCodeRedeemed,
    PromoCodeTaken,
    PromoCodeUsedUp,
)
from augury.domain.request_rate import TooManyRequests
from augury.domain.stream import TooManyStreams
from augury.domain.training_plan import InvalidPlan
from augury.domain.user import (
    AccountBlocked,
    ApiKeyNotFound,
    CreditsLeft,
    EmailTaken,
    GuestsNotServed,
    InvalidApiKeyName,
    InvalidEmail,
    InvalidPassword,
    InvalidToken,
    NotAllowed,
    NotByApiKey,
    OwnAccount,
    OwnRole,
    PredictionsUnderWay,
    TooManyApiKeys,
    TooManyGuests,
    TooManyTries,
    UserNotFound,
    WrongCredentials,
)
from augury.domain.webhook import InvalidWebhook, TooManyWebhooks, WebhookDisabled, WebhookNotFound
from augury.domain.webhook_delivery import DeliveryNotFound
from augury.inbound.http.refusals import REGISTER, Kind


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


KINDS: Mapping[type[DomainError], Kind] = {
    NotEnoughCredits: Kind(
        402,
        "not-enough-credits",
        "Not enough credits",
        _same("available", "price"),
        "Credits needed: {price}, available: {available}. `POST /balance/redeem` takes promo codes.",
    ),
    MaxPriceExceeded: Kind(
        402,
        "max-price-exceeded",
        "Price above `max_price`",
        _same("price", "max_price"),
        "This costs {price} credits, and `max_price` is {max_price}. Nothing was charged.",
    ),
    SpendingLimitReached: Kind(
        402,
        "spending-limit-reached",
        "Spending limit of the API key reached",
        _same("period", "limit", "spent", "price", "resets_at"),
        "This costs {price} credits. The API key has spent {spent} of {limit} this {period} (UTC). Its owner "
        "can raise the limit.",
    ),
    InvalidAmount: Kind(
        422,
        "invalid-amount",
        "Invalid amount",
        _same("amount", "most"),
        "The amount {amount} is not possible. It must be from 1 to {most}. No balance can have more.",
    ),
    BooksDisagree: Kind(500, "internal-error", "Internal error"),
    ModelNotFound: Kind(
        404,
        "model-not-found",
        "No such model",
        _same("model"),
        "No model `{model}` serves predictions: `GET /models` lists those that do.",
    ),
    VersionMissing: Kind(
        422,
        "version-missing",
        "Version missing",
        _same("model"),
        "`{model}` has no version. Add one, such as `{model}@1`: `GET /models/{model}` lists them.",
    ),
    InvalidModelName: Kind(
        422,
        "invalid-model-name",
        "Invalid model name",
        _same("name"),
        'A name is 1 to 63 of the characters a-z, 0-9, "_" and "-"; the first is a letter or a digit.',
    ),
    WrongModelState: Kind(
        409,
        "wrong-model-state",
        "Wrong state of the model",
        _same("model", "state"),
        "This cannot be done with `{model}`, which is `{state}`.",
    ),
    InvalidShare: Kind(
        422,
        "invalid-share",
        "Invalid share",
        _same("share"),
        "A canary serves a share of 0.01 to 0.5 of all users, not {share}.",
    ),
    NothingToRollBack: Kind(
        409,
        "nothing-to-roll-back",
        "Nothing to roll back to",
        _same("model"),
        "There is no earlier version to which `{model}` can go back. Activate a version by its number.",
    ),
    ChecksumMismatch: Kind(
        422,
        "checksum-mismatch",
        "Wrong SHA-256",
        _same("stated", "found"),
        "The file that arrived has the SHA-256 {found}, not {stated}. Send it again.",
    ),
    EmptyModelFile: Kind(
        422,
        "empty-model-file",
        "Empty model file",
        says="The request has no file: send a CatBoost binary model (.cbm) as its body.",
    ),
    InvalidPlan: Kind(
        422,
        "invalid-plan",
        "Invalid plan of a training",
        _same("reason"),
        "The settings do not go together: {reason}.",
    ),
    EmptyTable: Kind(
        422,
        "empty-table",
        "Empty table",
        says="The request has no table: send a CSV or Parquet file as its body.",
    ),
    TrainingNotFound: Kind(404, "training-not-found", "No such training", says="There is no such training."),
    TrainingEnded: Kind(
        409,
        "training-ended",
        "Training has ended",
        {"training_state": "state"},
        "The training has ended already: it is {state}.",
    ),
    CardNotFound: Kind(
        404,
        "card-not-found",
        "No model card",
        _same("model"),
        "The file of `{model}` has no card: `augury model train` writes one.",
    ),
    ModelRefused: Kind(422, "model-refused", "Model refused", _same("reason")),
    UnfitForModel: Kind(422, "unfit-for-model", "Does not fit the model", _same("reason")),
    DeadLetterNotFound: Kind(404, "dead-letter-not-found", "No such dead letter", {}),
    PredictionNotFound: Kind(404, "prediction-not-found", "No such prediction", _same("prediction_id")),
    WrongStatus: Kind(
        409,
        "wrong-status",
        "Wrong status",
        {"prediction_status": "status"},
        "This cannot be done while the prediction is `{status}`.",
    ),
    NoValidRow: Kind(
        422,
        "no-valid-row",
        "No valid row",
        _same("error_count"),
        says="No row fits the model, see `errors`; nothing was charged. `GET /models` shows what rows need.",
    ),
    NoRows: Kind(
        422,
        "no-rows",
        "No rows",
        says="`data` is empty: send one row (an object), or an array of at least one row.",
    ),
    TooManyRows: Kind(
        422,
        "too-many-rows",
        "Too many rows",
        _same("rows", "most"),
        "`data` has {rows} rows; a prediction can have at most {most}. Send several predictions.",
    ),
    AnswerTooLarge: Kind(
        422,
        "answer-too-large",
        "Answer too large",
        _same("rows", "classes", "bytes", "most", "most_rows"),
        "The answer for {rows} rows and {classes} classes could have {bytes} bytes; at most {most} are "
        "possible. Send at most {most_rows} rows in one prediction, or ask for fewer classes with `top`.",
    ),
    NoClasses: Kind(
        422,
        "no-classes",
        "No classes",
        _same(),
        "The model does not answer with classes, so it does not accept `top`. Send the request "
        "without `top`.",
    ),
    NotExplained: Kind(
        422,
        "not-explained",
        "Not explained",
        _same("model", "reason"),
        "The answers of {model} cannot be explained: {reason}. Send the request without `explain`.",
    ),
    ExplanationTooLarge: Kind(
        422,
        "explanation-too-large",
        "Explanation too large",
        _same("rows", "most_rows"),
        "Explaining {rows} rows is too much work. Ask for explanations of at most {most_rows} rows in one "
        "prediction.",
    ),
    NoExplanation: Kind(
        404,
        "no-explanation",
        "No explanation",
        says="This prediction has no explanation of that row, or of that label or output. Ask for it with "
        "`explain`, and wait for the result.",
    ),
    ExpiresTooLate: Kind(422, "expires-too-late", "Expires too late", _same("expires_in", "most")),
    TooManyPending: Kind(
        429,
        "too-many-pending",
        "Too many predictions waiting",
        _same("pending", "most"),
        "Predictions waiting: {pending}, at most {most}. Try again in {retry_after} s.",
    ),
    TooManyStreams: Kind(
        429,
        "too-many-streams",
        "Too many event streams",
        _same("most"),
        "You have {most} event streams open, which is the maximum. Close one first.",
    ),
    BatchNotFound: Kind(404, "batch-not-found", "No such batch", _same("batch_id")),
    BatchPurged: Kind(410, "batch-purged", "Rows and answers deleted", _same("batch_id")),
    BatchEnded: Kind(
        409,
        "batch-ended",
        "Batch ended",
        {"batch_status": "status"},
        "The batch has ended: it is `{status}`. It cannot be canceled.",
    ),
    BatchTooLong: Kind(
        422, "batch-too-long", "Too many rows", _same("most"), "A batch can have at most {most} rows."
    ),
    TooManyBatches: Kind(
        429,
        "too-many-batches",
        "Too many batches",
        _same("pending", "most"),
        "Unfinished batches: {pending}, at most {most}. Wait for one, or cancel one.",
    ),
    IdempotencyConflict: Kind(
        422,
        "idempotency-conflict",
        "Idempotency key used before",
        says="This `Idempotency-Key` was used for another request: use a new key for each request.",
    ),
    InvalidEmail: Kind(422, "invalid-email", "Invalid e-mail address"),
    InvalidPassword: Kind(
        422,
        "invalid-password",
        "Invalid password",
        _same("least", "most"),
        "A password must have {least} to {most} characters, without NUL.",
    ),
    EmailTaken: Kind(409, "email-taken", "E-mail address taken"),
    WrongCredentials: Kind(401, "wrong-credentials", "Wrong credentials"),
    InvalidToken: Kind(
        401,
        "invalid-token",
        "Invalid token",
        says="The token or API key is invalid or has expired. Sign in again with `POST /auth/token`.",
    ),
    UserNotFound: Kind(404, "user-not-found", "No such user"),
    PredictionsUnderWay: Kind(
        409,
        "predictions-under-way",
        "Predictions under way",
        _same("pending"),
        "Predictions under way: {pending}. Wait for them, or cancel those that are still queued.",
    ),
    CreditsLeft: Kind(
        409,
        "credits-left",
        "Credits left",
        _same("available"),
        "Credits on the account: {available}. They will be lost. To close it nevertheless, send "
        "`?confirm={available}`.",
    ),
    TooManyRequests: Kind(
        429,
        "too-many-requests",
        "Too many requests",
        {"violated_policies": "names"},
        "Too many requests. Wait {retry_after} s.",
    ),
    TooManyTries: Kind(
        429, "too-many-tries", "Too many attempts", says="Too many attempts. Wait {retry_after} s."
    ),
    GuestsNotServed: Kind(
        401,
        "guests-not-served",
        "Guests are not served",
        says=f"This service does not accept guests. {REGISTER}",
    ),
    TooManyGuests: Kind(
        401, "too-many-guests", "Too many guests", says=f"No more guests are accepted today (UTC). {REGISTER}"
    ),
    InvalidApiKeyName: Kind(
        422,
        "invalid-api-key-name",
        "Invalid name",
        _same("most"),
        "The name of an API key must have 1 to {most} characters.",
    ),
    TooManyApiKeys: Kind(
        409,
        "too-many-api-keys",
        "Too many API keys",
        _same("most"),
        "A user can have at most {most} API keys. Delete one first.",
    ),
    ApiKeyNotFound: Kind(404, "api-key-not-found", "No such API key"),
    WebhookNotFound: Kind(404, "webhook-not-found", "No such webhook"),
    DeliveryNotFound: Kind(404, "delivery-not-found", "No such delivery"),
    InvalidWebhook: Kind(
        422, "invalid-webhook", "Invalid webhook", _same("reason"), "The webhook is not valid: {reason}."
    ),
    TooManyWebhooks: Kind(
        409,
        "too-many-webhooks",
        "Too many webhooks",
        _same("most"),
        "A user can have at most {most} webhooks. Delete one first.",
    ),
    WebhookDisabled: Kind(
        409,
        "webhook-disabled",
        "The webhook is disabled",
        {},
        "The webhook is disabled. Enable it first: `PATCH` it with `enabled`.",
    ),
    ScopeMissing: Kind(
        403,
        "scope-missing",
        "Not with this API key",
        _same("scope"),
        "This needs an API key with the scope `{scope}`.",
    ),
    ModelNotListed: Kind(
        403,
        "model-not-listed",
        "Not with this API key",
        _same("model"),
        "This API key is not for the model `{model}`: `GET /users/me/api-keys` shows its `models`.",
    ),
    ExpiryNotShortened: Kind(
        422,
        "expiry-not-shortened",
        "Expiry not brought forward",
        says="A key's expiry can only be brought forward. Create a new key instead.",
    ),
    InvalidLink: Kind(422, "invalid-link", "Invalid link"),
    ChatLinked: Kind(409, "chat-linked", "Chat already linked"),
    ChatNotLinked: Kind(409, "chat-not-linked", "Chat not linked"),
    SignInExpired: Kind(410, "sign-in-expired", "Sign-in expired"),
    SignInByPassword: Kind(403, "sign-in-by-password", "Password needed"),
    NoBot: Kind(409, "no-bot", "No Telegram bot"),
    PaymentNotFound: Kind(404, "payment-not-found", "No such payment", _same("charge_id")),
    RefundRefused: Kind(409, "refund-refused", "Refund refused", _same("reason")),
    NotByApiKey: Kind(
        403,
        "not-by-api-key",
        "Not with an API key",
        says="An API key does not allow this. Sign in with `POST /auth/token`, and send the access token.",
    ),
    NotAllowed: Kind(403, "not-allowed", "Not allowed"),
    AccountBlocked: Kind(403, "account-blocked", "Account blocked"),
    OwnAccount: Kind(409, "own-account", "Your own account"),
    TopUpNotFound: Kind(404, "top-up-not-found", "No such top-up"),
    AlreadyReversed: Kind(409, "already-reversed", "Already reversed"),
    DebtUnsettled: Kind(
        409,
        "debt-unsettled",
        "Debt not settled",
        _same("debt"),
        "The account owes {debt} credits for a payment that was returned. Settle them first.",
    ),
    NotReversible: Kind(409, "not-reversible", "Not reversible", _same("amount", "available")),
    OwnRole: Kind(409, "own-role", "Your own role"),
    NotRefundable: Kind(
        409,
        "not-refundable",
        "Not refundable",
        _same("charged"),
        "The prediction was charged {charged} credits. No more can be refunded.",
    ),
    AlreadyRefunded: Kind(409, "already-refunded", "Already refunded"),
    CheckUnderWay: Kind(409, "check-under-way", "Check under way"),
    PaymentTaken: Kind(409, "payment-taken", "Already credited"),
    InvalidPromoCode: Kind(422, "invalid-promo-code", "Invalid promo code"),
    PromoCodeTaken: Kind(409, "promo-code-taken", "Promo code taken", _same("code")),
    PromoCodeNotFound: Kind(404, "promo-code-not-found", "No such promo code"),
    PromoCodeUsedUp: Kind(409, "promo-code-used-up", "Promo code used up"),
    PromoCodeRedeemed: Kind(409, "promo-code-redeemed", "Promo code already redeemed"),
}
