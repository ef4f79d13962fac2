"""Problems with models, their files and their trainings."""

from collections.abc import Mapping

from augury.domain.errors import DomainError
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
from augury.domain.model_texts import UnfitForModel
from augury.domain.model_training import (
    EmptyTable,
    TooManyTrainings,
    TrainingEnded,
    TrainingNotFound,
)
from augury.domain.model_upload import ChecksumMismatch, EmptyModelFile
from augury.domain.training_plan import InvalidPlan
from augury.inbound.http.problems.refusals import Kind, named

KINDS: Mapping[type[DomainError], Kind] = {
    ModelNotFound: Kind(
        404,
        "model-not-found",
        "No such model",
        named("model"),
        "No model `{model}` serves predictions: `GET /models` lists those that do.",
    ),
    VersionMissing: Kind(
        422,
        "version-missing",
        "Version missing",
        named("model"),
        "`{model}` has no version. Add one, such as `{model}@1`: `GET /models/{model}` lists them.",
    ),
    InvalidModelName: Kind(
        422,
        "invalid-model-name",
        "Invalid model name",
        named("name"),
        'A name is 1 to 63 of the characters a-z, 0-9, "_" and "-"; the first is a letter or a digit.',
    ),
    WrongModelState: Kind(
        409,
        "wrong-model-state",
        "Wrong state of the model",
        named("model", "state"),
        "This cannot be done with `{model}`, which is `{state}`.",
    ),
    InvalidShare: Kind(
        422,
        "invalid-share",
        "Invalid share",
        named("share"),
        "A canary serves a share of 0.01 to 0.5 of all users, not {share}.",
    ),
    NothingToRollBack: Kind(
        409,
        "nothing-to-roll-back",
        "Nothing to roll back to",
        named("model"),
        "There is no earlier version to which `{model}` can go back. Activate a version by its number.",
    ),
    ChecksumMismatch: Kind(
        422,
        "checksum-mismatch",
        "Wrong SHA-256",
        named("stated", "found"),
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
        named("reason"),
        "The settings do not go together: {reason}.",
    ),
    EmptyTable: Kind(
        422,
        "empty-table",
        "Empty table",
        says="The request has no table: send a CSV or Parquet file as its body.",
    ),
    TooManyTrainings: Kind(
        429,
        "too-many-trainings",
        "Too many trainings",
        named("pending", "most"),
        "Unfinished trainings: {pending}, at most {most}. Wait for one, or end one.",
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
        named("model"),
        "The file of `{model}` has no card: `augury model train` writes one.",
    ),
    ModelRefused: Kind(422, "model-refused", "Model refused", named("reason")),
    UnfitForModel: Kind(422, "unfit-for-model", "Does not fit the model", named("reason")),
}
