"""Refusals of guests. They say that an account has higher limits."""

from augury.application.limits import Limits
from augury.domain.request import TooManyPending, TooManyRows
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.kinds import KINDS
from augury.inbound.http.problems.refusals import FRAMEWORK, REGISTER


def too_many_rows(error: TooManyRows, limits: Limits) -> Refused:
    return Refused(
        KINDS[TooManyRows],
        f"`data` has {error.rows} rows; a guest's prediction can have at most {error.most}, a prediction "
        f"of an account at most {limits.max_rows}. {REGISTER}",
        rows=error.rows,
        most=error.most,
    )


def body_too_large(limits: Limits) -> Refused:
    return Refused(
        FRAMEWORK[413],
        f"A guest's request can have at most {limits.guest_bytes} bytes. An account allows many more. "
        f"{REGISTER}",
        most=limits.guest_bytes,
    )


def too_many_pending(error: TooManyPending) -> Refused:
    return Refused(
        KINDS[TooManyPending],
        f"Predictions waiting: {error.pending}. A guest can have at most {error.most}, an account many "
        f"more. Try again in {error.retry_after} s. {REGISTER}",
        retry_after=error.retry_after,
        pending=error.pending,
        most=error.most,
    )
