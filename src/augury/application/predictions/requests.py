"""The messages of a submit: requests and answers, shared by its two use cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, Self

from augury.application.limits import Limits
from augury.application.ports import Json, Unavailable
from augury.domain.api_key import KeyTerms
from augury.domain.errors import DomainError
from augury.domain.explanation import ExplanationTooLarge, NotExplained
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.model import Model
from augury.domain.prediction import Prediction
from augury.domain.pricing import bytes_of_text
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.request import AnswerTooLarge, ExpiresTooLate, NoRows, NoValidRow, TooManyRows
from augury.domain.row_errors import RowError, kept_errors
from augury.domain.rows import check_rows

ADD_AGAIN = Reason.of(ReasonCode.ADD_AGAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request for a prediction with checked rows. Make it with `of`."""

    user_id: UserId
    is_guest: bool = False
    model: Model
    rows: int
    text_bytes: int
    """The text of the rows, which is counted only if the model has a price for it."""
    single: bool
    input: Json
    expires_in: timedelta
    key: IdempotencyKey | None = None
    max_price: int | None = None
    """The highest price that the caller accepts, in credits."""
    notify: bool = False
    """Whether a notice of its end is kept until it is delivered."""
    trace: str | None = None
    """The caller's `traceparent`. It is sent with the task, and not stored."""
    explain: int | None = None
    """How many features of each row are explained, the strongest ones. None: no explanation."""
    spender: KeyTerms | None = None
    """The API key whose spending limits apply to the price. None: there are no such limits."""
    top: int | None = None
    """The number of classes that each answer lists, the likeliest first. None: up to `Limits.max_classes`."""

    @classmethod
    def of(
        cls,
        *,
        user_id: UserId,
        is_guest: bool = False,
        model: Model,
        data: object,
        input: Json,
        limits: Limits,
        expires_in: timedelta | None = None,
        key: IdempotencyKey | None = None,
        max_price: int | None = None,
        notify: bool = False,
        trace: str | None = None,
        explain: int | None = None,
        terms: KeyTerms | None = None,
        top: int | None = None,
    ) -> Self:
        """Check the `data`: one row (an object) or many (an array), whose JSON text is `input`.

        Raises `ExpiresTooLate`, the errors of `checked`, or `NoValidRow` if no row fits the model. If only
        some rows fit, the request is accepted; the worker finds the invalid ones again and does not charge
        them.
        """
        if expires_in is not None and expires_in > limits.max_expires_in:
            raise ExpiresTooLate(
                expires_in=int(expires_in.total_seconds()), most=int(limits.max_expires_in.total_seconds())
            )
        most_rows = min(limits.max_rows, limits.guest_rows) if is_guest else limits.max_rows
        rows, errors = checked(data, model, limits, most_rows=most_rows, explain=explain, top=top)
        if len(errors) == len(rows):
            raise NoValidRow(errors=kept_errors(errors, most=limits.max_errors), error_count=len(errors))
        return cls(
            user_id=user_id,
            is_guest=is_guest,
            model=model,
            rows=len(rows),
            text_bytes=bytes_of_text(model.facts.schema, rows) if model.text_price else 0,
            single=not isinstance(data, list),
            input=input,
            expires_in=limits.max_expires_in if expires_in is None else expires_in,
            key=key,
            max_price=max_price,
            notify=notify,
            trace=trace,
            explain=explain,
            spender=terms if terms and terms.limits else None,
            top=top,
        )


def checked(
    data: object,
    model: Model,
    limits: Limits,
    *,
    most_rows: int,
    explain: int | None = None,
    top: int | None = None,
) -> tuple[Sequence[object], Sequence[RowError]]:
    """The rows of `data`, one (an object) or many (an array), and the errors of the invalid ones.

    Raises `NoRows`, `TooManyRows`, `NotExplained`, `ExplanationTooLarge`, `AnswerTooLarge`, `NoClasses`.
    """
    rows = data if isinstance(data, list) else [data]
    if not rows:
        raise NoRows
    if len(rows) > most_rows:
        raise TooManyRows(rows=len(rows), most=most_rows)
    if explain is not None:
        _require_explainable(len(rows), model, limits)
    _require_bounded_answer(len(rows), model, limits, explain, top)
    return rows, check_rows(model.facts.schema, rows, limits.max_text).errors


def _require_explainable(rows: int, model: Model, limits: Limits) -> None:
    work = model.facts.explain_work
    if work is None:
        raise NotExplained(model=str(model.ref), reason=model.facts.unexplained or ADD_AGAIN)
    if rows * work > limits.max_explain_work:
        raise ExplanationTooLarge(rows=rows, most_rows=limits.max_explain_work // work)


def _require_bounded_answer(
    rows: int, model: Model, limits: Limits, explain: int | None, top: int | None
) -> None:
    one = model.facts.answer_bytes(model.facts.listed(top, most=limits.max_classes))
    one += 0 if explain is None else model.facts.explanation_bytes(explain)
    if rows > 1 and rows * one > limits.max_answer_bytes:
        raise AnswerTooLarge(
            rows=rows,
            classes=len(model.facts.form.names),
            bytes=rows * one,
            most=limits.max_answer_bytes,
            most_rows=max(1, limits.max_answer_bytes // one),
        )


@dataclass(frozen=True, slots=True)
class Replayed:
    """The same request was accepted before, as this prediction."""

    prediction_id: PredictionId


Decision = Prediction | Replayed | DomainError | Unavailable
"""A new prediction, an earlier one, or an error: a refusal, or the reason why this request could not be
decided although others of its flight were accepted."""


class Flight(Protocol):
    """Requests that arrive together are decided together: `NaturalBatches` over `RequestPredictions`."""

    async def board(self, request: Request, /) -> Decision:
        """The answer to this request, once its flight has landed."""
