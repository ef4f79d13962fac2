"""The class of problem kinds, and the kinds that only concern HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: how clients see it, and which fields of the error it includes."""

    status: int
    name: str
    """The last part of its URN. It is stable, since clients rely on it."""
    title: str
    fields: Mapping[str, str] = field(default_factory=dict)
    """The error's field for each member of the problem."""
    says: str = ""
    """The problem's `detail`, with the error's fields in braces. Empty: the error's own words."""

    def problem(self, detail: str, **members: object) -> dict[str, object]:
        return {
            "type": f"urn:augury:{self.name}",
            "title": self.title,
            "status": self.status,
            "detail": detail,
            **members,
        }


def named(*fields: str) -> dict[str, str]:
    """Members of a problem that have the names of the error's fields."""
    return {field: field for field in fields}


REGISTER = (
    "Register with `POST /auth/register`, sign in with `POST /auth/token`, and send "
    "`Authorization: Bearer` with the token."
)

FRAMEWORK: Mapping[int, Kind] = {
    kind.status: kind
    for kind in (
        Kind(400, "bad-request", "Bad request"),
        Kind(
            404,
            "not-found",
            "Not found",
            says="There is nothing at this address. `/api/docs` shows all addresses.",
        ),
        Kind(
            405,
            "method-not-allowed",
            "Method not allowed",
            says="This address does not allow {method}, only {allow}.",
        ),
        Kind(413, "body-too-large", "Body too large", says="The body is too large for this route."),
        Kind(415, "unsupported-media-type", "Unsupported media type"),
    )
}
"""Refusals by Litestar itself, in our words, since those of Python's library change between versions."""

NOT_JSON = Kind(400, "not-json", "Not JSON")
NOT_JSON_TYPE = Kind(415, "unsupported-media-type", "Unsupported media type")
WRONG_SHAPE = Kind(422, "wrong-shape", "Wrong shape")
WRONG_ORIGIN = Kind(403, "wrong-origin", "Wrong origin")
SIGN_IN_REQUIRED = Kind(401, "sign-in-required", "Sign in")
NOT_ENOUGH_FREE = Kind(402, "not-enough-credits", "Not enough credits")
UNAVAILABLE = Kind(503, "unavailable", "Not available")
UNREADABLE = Kind(422, "unreadable-file", "File cannot be read")
NOT_A_TABLE = Kind(415, "unsupported-media-type", "Unsupported media type")
NOT_A_MODEL = Kind(415, "unsupported-media-type", "Unsupported media type")
TOO_LARGE = Kind(413, "body-too-large", "Body too large", {"most": "most"})
NOTHING_IN_RANGE = Kind(416, "nothing-in-range", "Nothing in range", {"size": "size"})
BUSY = Kind(503, "busy", "Busy")
REQUEST_TIMEOUT = Kind(408, "request-timeout", "Request timeout")
URI_TOO_LONG = Kind(414, "request-uri-too-long", "Request URI too long")
HEAD_TOO_LARGE = Kind(431, "request-header-fields-too-large", "Request header fields too large")
TOO_MANY_REQUESTS = Kind(429, "too-many-requests", "Too many requests")
TOO_MANY_VALUES = Kind(422, "too-many-values", "Too many values", {"most": "most"})
NOT_FINAL = Kind(504, "prediction-not-final", "Prediction not final yet")
PREDICTION_FAILED = Kind(500, "prediction-failed", "Prediction failed")
NOT_RUN = Kind(409, "prediction-not-run", "Prediction not run")
FORGOTTEN = Kind(410, "prediction-forgotten", "Answer deleted")
INTERNAL_ERROR = Kind(500, "internal-error", "Internal error")
