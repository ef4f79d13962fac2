"""The problem documents of refusals (RFC 9457), as the table of kinds says."""

import msgspec

from augury.domain.errors import DomainError
from augury.domain.reasons import Reason
from augury.domain.request import NoValidRow
from augury.inbound.http.problems.field_problems import FieldProblem, row_problems
from augury.inbound.http.problems.kinds import KINDS
from augury.inbound.http.problems.refusals import Kind

MEDIA_TYPE = "application/problem+json"
SOON = 1
"""Seconds after which a caller with too many requests in progress may try again."""
RETRY_AFTER = 5
"""Seconds after which a 503 may be tried again."""
AWAY = "The service is temporarily unavailable. Try again in a moment."
LOGGED = "Something went wrong on our side; the error was logged."
NOTHING_YET = "The results have no bytes in this range, at least not yet. `size` is their current size."


class Refused(Exception):
    """A refusal that concerns HTTP and not the domain."""

    def __init__(self, kind: Kind, detail: str, *, retry_after: int | None = None, **members: object) -> None:
        """`retry_after` is in seconds."""
        super().__init__(detail)
        self.kind = kind
        self.retry_after = retry_after
        self.members = members


class Problem(msgspec.Struct, frozen=True):
    """A refusal (RFC 9457). Depending on its type, it has further members."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | msgspec.UnsetType = msgspec.UNSET


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Reason) else value


def problem_of(error: DomainError) -> dict[str, object]:
    """The problem document of an error in `KINDS`."""
    kind = KINDS[type(error)]
    members = {member: _plain(getattr(error, name)) for member, name in kind.fields.items()}
    if isinstance(error, NoValidRow):
        members["errors"] = row_problems(error.errors)
    return kind.problem(kind.says.format(**vars(error)) if kind.says else str(error), **members)
