"""Problems with predictions, their rows and their explanations."""

from collections.abc import Mapping

from augury.domain.dead_letter import DeadLetterNotFound
from augury.domain.errors import DomainError
from augury.domain.explanation import ExplanationTooLarge, NoExplanation, NotExplained
from augury.domain.idempotency import IdempotencyConflict
from augury.domain.model_facts import NoClasses
from augury.domain.prediction import PredictionNotFound, WrongStatus
from augury.domain.request import (
    AnswerTooLarge,
    ExpiresTooLate,
    NoRows,
    NoValidRow,
    TooManyPending,
    TooManyRows,
)
from augury.domain.stream import TooManyStreams
from augury.inbound.http.problems.refusals import Kind, named

KINDS: Mapping[type[DomainError], Kind] = {
    DeadLetterNotFound: Kind(404, "dead-letter-not-found", "No such dead letter", {}),
    PredictionNotFound: Kind(404, "prediction-not-found", "No such prediction", named("prediction_id")),
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
        named("error_count"),
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
        named("rows", "most"),
        "`data` has {rows} rows; a prediction can have at most {most}. Send several predictions.",
    ),
    AnswerTooLarge: Kind(
        422,
        "answer-too-large",
        "Answer too large",
        named("rows", "classes", "bytes", "most", "most_rows"),
        "The answer for {rows} rows and {classes} classes could have {bytes} bytes; at most {most} are "
        "possible. Send at most {most_rows} rows in one prediction, or ask for fewer classes with `top`.",
    ),
    NoClasses: Kind(
        422,
        "no-classes",
        "No classes",
        {},
        "The model does not answer with classes, so it does not accept `top`. Send the request "
        "without `top`.",
    ),
    NotExplained: Kind(
        422,
        "not-explained",
        "Not explained",
        named("model", "reason"),
        "The answers of {model} cannot be explained: {reason}. Send the request without `explain`.",
    ),
    ExplanationTooLarge: Kind(
        422,
        "explanation-too-large",
        "Explanation too large",
        named("rows", "most_rows"),
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
    ExpiresTooLate: Kind(422, "expires-too-late", "Expires too late", named("expires_in", "most")),
    TooManyPending: Kind(
        429,
        "too-many-pending",
        "Too many predictions waiting",
        named("pending", "most"),
        "Predictions waiting: {pending}, at most {most}. Try again in {retry_after} s.",
    ),
    TooManyStreams: Kind(
        429,
        "too-many-streams",
        "Too many event streams",
        named("most"),
        "You have {most} event streams open, which is the maximum. Close one first.",
    ),
    IdempotencyConflict: Kind(
        422,
        "idempotency-conflict",
        "Idempotency key used before",
        says="This `Idempotency-Key` was used for another request: use a new key for each request.",
    ),
}
