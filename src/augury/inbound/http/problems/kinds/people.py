"""Problems with accounts, credentials and API keys."""

from collections.abc import Mapping

from augury.domain.api_key import (
    ApiKeyNotFound,
    ExpiryNotShortened,
    InvalidApiKeyName,
    ModelNotListed,
    NotByApiKey,
    ScopeMissing,
    TooManyApiKeys,
)
from augury.domain.credentials import InvalidToken, WrongCredentials
from augury.domain.email_address import EmailTaken, InvalidEmail
from augury.domain.errors import DomainError
from augury.domain.guest import GuestsNotServed, TooManyGuests
from augury.domain.password import InvalidPassword
from augury.domain.request_rate import TooManyRequests, TooManyTries
from augury.domain.user import (
    AccountBlocked,
    CreditsLeft,
    NotAllowed,
    OwnAccount,
    OwnRole,
    PredictionsUnderWay,
    UserNotFound,
)
from augury.inbound.http.problems.refusals import REGISTER, Kind, named

KINDS: Mapping[type[DomainError], Kind] = {
    InvalidEmail: Kind(422, "invalid-email", "Invalid e-mail address"),
    InvalidPassword: Kind(
        422,
        "invalid-password",
        "Invalid password",
        named("least", "most"),
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
        named("pending"),
        "The account has unfinished predictions or an unfinished batch. Wait for them, or cancel what is "
        "still queued.",
    ),
    CreditsLeft: Kind(
        409,
        "credits-left",
        "Credits left",
        named("available"),
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
        named("most"),
        "The name of an API key must have 1 to {most} characters.",
    ),
    TooManyApiKeys: Kind(
        409,
        "too-many-api-keys",
        "Too many API keys",
        named("most"),
        "A user can have at most {most} API keys. Delete one first.",
    ),
    ApiKeyNotFound: Kind(404, "api-key-not-found", "No such API key"),
    ScopeMissing: Kind(
        403,
        "scope-missing",
        "Not with this API key",
        named("scope"),
        "This needs an API key with the scope `{scope}`.",
    ),
    ModelNotListed: Kind(
        403,
        "model-not-listed",
        "Not with this API key",
        named("model"),
        "This API key is not for the model `{model}`: `GET /users/me/api-keys` shows its `models`.",
    ),
    ExpiryNotShortened: Kind(
        422,
        "expiry-not-shortened",
        "Expiry not brought forward",
        says="A key's expiry can only be brought forward. Create a new key instead.",
    ),
    NotByApiKey: Kind(
        403,
        "not-by-api-key",
        "Not with an API key",
        says="An API key does not allow this. Sign in with `POST /auth/token`, and send the access token.",
    ),
    NotAllowed: Kind(403, "not-allowed", "Not allowed"),
    AccountBlocked: Kind(403, "account-blocked", "Account blocked"),
    OwnAccount: Kind(409, "own-account", "Your own account"),
    OwnRole: Kind(409, "own-role", "Your own role"),
}
