"""Submitting: the same for all inbound adapters, so that a key is charged once across all of them."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from augury.application.limits import Limits
from augury.application.models.ports.models import Models
from augury.application.ports import Json
from augury.application.ports.books import OpenBooks
from augury.application.predictions.requests import Flight, Replayed, Request
from augury.concurrency.aside import aside
from augury.domain.api_key import KeyTerms
from augury.domain.explanation import ExplanationTooLarge, NotExplained
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.model import ModelNotFound
from augury.domain.model_facts import NoClasses
from augury.domain.prediction import Prediction
from augury.domain.request import AnswerTooLarge, ExpiresTooLate, NoRows, NoValidRow, TooManyRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A caller's request, not checked yet."""

    user_id: UserId
    is_guest: bool = False
    data: object
    """One row (an object) or many (an array of objects), decoded."""
    input: Json
    """The JSON text of `data`."""
    model: str | None = None
    """`name` or `name@version`; None is the default model."""
    expires_in: timedelta | None = None
    key: IdempotencyKey | None = None
    max_price: int | None = None
    """Refuse a higher price, in credits."""
    notify: bool = False
    """Whether a notice of its end is kept until it is delivered."""
    trace: str | None = None
    """The caller's `traceparent`. It is sent with the task, and not stored."""
    explain: int | None = None
    """How many features of each row are explained, the strongest ones. None: no explanation."""
    terms: KeyTerms | None
    """The rights of the caller's API key (`Access.key`). None for a caller without one. It has no default, so
    that no caller of this class forgets it."""
    top: int | None = None
    """The number of classes that each answer lists, the likeliest first. None: up to `Limits.max_classes`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitPrediction:
    """Accept a prediction for its price and queue it; it is run a moment later."""

    models: Models
    books: OpenBooks
    flight: Flight
    limits: Limits

    async def __call__(self, submission: Submission) -> Prediction | Replayed:
        """Returns the new prediction, or the earlier one that was accepted under the same key.

        Raises `ModelNotFound`, `ModelNotListed`, `NoRows`, `NoValidRow`, `TooManyRows`, `AnswerTooLarge`,
        `NotExplained`, `ExplanationTooLarge`, `NoClasses`, `ExpiresTooLate`, `IdempotencyConflict`,
        `InvalidAmount`, `MaxPriceExceeded`, `SpendingLimitReached`, `NotEnoughCredits`, `TooManyPending`,
        `UserNotFound`, and `InvalidToken` if the API key was deleted meanwhile.
        """
        try:
            answer = await self.flight.board(await self._request(submission))
            if isinstance(answer, Exception):
                raise answer
        except (
            ModelNotFound,
            NoRows,
            NoValidRow,
            TooManyRows,
            AnswerTooLarge,
            ExpiresTooLate,
            NotExplained,
            ExplanationTooLarge,
            NoClasses,
        ):
            # Models and limits may have changed since the same request was accepted and paid for.
            if submission.key is None:
                raise
            earlier = await self._accepted_as(submission.user_id, submission.key)
            if earlier is None:
                raise
            return Replayed(earlier)
        return answer

    async def _request(self, submission: Submission) -> Request:
        named = self.limits.default_model if submission.model is None else submission.model
        model = await self.models.get(named, user_id=submission.user_id)
        if submission.terms is not None:
            submission.terms.require_model(model.ref)
        checked = partial(
            Request.of,
            user_id=submission.user_id,
            model=model,
            data=submission.data,
            input=submission.input,
            is_guest=submission.is_guest,
            limits=self.limits,
            expires_in=submission.expires_in,
            key=submission.key,
            max_price=submission.max_price,
            notify=submission.notify,
            trace=submission.trace,
            explain=submission.explain,
            terms=submission.terms,
            top=submission.top,
        )
        return await aside(len(submission.input), checked)

    async def _accepted_as(self, user_id: UserId, key: IdempotencyKey) -> PredictionId | None:
        """Raises `IdempotencyConflict` if the key was used for another request."""
        async with self.books() as books:
            opened = await books.open([], [(user_id, key.key)])
        if not opened.repeats(user_id, key):
            return None
        return PredictionId(opened.remembered[user_id, key.key].reference)
