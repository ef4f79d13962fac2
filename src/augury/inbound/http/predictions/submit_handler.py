"""Accepts a submit, and answers it: dependencies are looked up once, at start-up."""

from dataclasses import dataclass
from datetime import timedelta

from litestar.types import Scope

from augury.application.limits import Limits
from augury.application.ports import Json, Unavailable
from augury.application.predictions.ports.reads import StoredPrediction
from augury.application.predictions.requests import Replayed
from augury.application.predictions.submit_prediction import Submission, SubmitPrediction
from augury.application.predictions.wait_for_prediction import WaitForPrediction
from augury.concurrency.aside import aside
from augury.domain.balance import NotEnoughCredits
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import UserId
from augury.domain.prediction import Prediction
from augury.domain.request import TooManyPending, TooManyRows
from augury.inbound.http.callers.idempotency import key_of_submit, name_of_submit
from augury.inbound.http.callers.identity import Identity, key_of
from augury.inbound.http.predictions import guest_limits
from augury.inbound.http.predictions.answers import PredictionAnswers
from augury.inbound.http.predictions.submit_body import SubmitBody, top_of
from augury.inbound.http.predictions.views import unanswered
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.protocol.body import decode_data
from augury.inbound.http.protocol.encoded import EncodedJson
from augury.inbound.http.protocol.prefer import wait_seconds
from augury.inbound.http.protocol.traces import trace_of
from augury.inbound.http.settings import HttpSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitHandler:
    """The dependencies of a submit, which live as long as the application."""

    identity: Identity
    submit_prediction: SubmitPrediction
    wait: WaitForPrediction
    answers: PredictionAnswers
    settings: HttpSettings

    async def accept(self, scope: Scope, submission: SubmitBody, body: bytes) -> "AcceptedSubmit":
        """Accept a submit. `submission` is the decoded `body`; `scope["user"]` is the caller, None for a
        guest.

        The result keeps neither of them, so that a request which waits does not hold its rows in memory.
        """
        caller: UserId | None = scope["user"]
        if caller is None and len(body) > self.limits.guest_bytes:
            raise guest_limits.body_too_large(self.limits)
        name = name_of_submit(caller, scope)
        user_id = caller or await self.identity.guest(scope)
        model, expires_in, max_price = submission.model, submission.expires_in, submission.max_price
        explain = top_of(submission.explain)
        wishes = {"explain": explain, "top": submission.top}
        told = [(name, wish) for name, wish in wishes.items() if wish is not None]
        # Without these, the fingerprint is the same as in earlier releases.
        more: tuple[object, ...] = () if max_price is None and not told else (max_price, *told)

        def read() -> tuple[object, IdempotencyKey | None]:
            data = decode_data(submission.data, most=self.settings.max_values)
            return data, None if name is None else key_of_submit(name, body, model, expires_in, data, *more)

        data, key = await aside(len(body), read)
        asked = Submission(
            user_id=user_id,
            is_guest=caller is None,
            data=data,
            input=Json(bytes(submission.data)),
            model=model,
            expires_in=None if expires_in is None else timedelta(seconds=expires_in),
            key=key,
            max_price=max_price,
            trace=trace_of(scope),
            explain=explain,
            top=submission.top,
            terms=key_of(scope),
        )
        try:
            return AcceptedSubmit(user_id, await self.submit_prediction(asked))
        except (NotEnoughCredits, TooManyRows, TooManyPending) as error:
            raise (error if caller else self._of_guest(error)) from None

    @property
    def limits(self) -> Limits:
        return self.submit_prediction.limits

    def most_bytes(self, scope: Scope) -> int:
        """The largest body that this caller may send."""
        most = self.settings.max_body_bytes
        return most if scope["user"] else min(most, self.limits.guest_bytes)

    def _of_guest(self, error: NotEnoughCredits | TooManyRows | TooManyPending) -> Exception:
        """The refusal in words for a guest."""
        match error:
            case NotEnoughCredits():
                return self.identity.guest_is_short(error)
            case TooManyRows():
                return guest_limits.too_many_rows(error, self.limits)
            case TooManyPending() if error.most == self.limits.guest_pending:
                return guest_limits.too_many_pending(error)
        return error

    async def answer(self, scope: Scope, taken: "AcceptedSubmit") -> EncodedJson:
        """Answer with the prediction, after waiting for its result as long as the caller prefers."""
        most = int(self.settings.max_wait.total_seconds())
        seconds = wait_seconds(_preferences(scope), most=most)
        stored = await self._as_it_stands(taken.answer, taken.user_id, seconds or 0)
        return self._response(stored, isinstance(taken.answer, Replayed), seconds)

    async def _as_it_stands(
        self, answer: Prediction | Replayed, user_id: UserId, seconds: int
    ) -> StoredPrediction:
        if isinstance(answer, Replayed):
            return await self.wait(user_id=user_id, prediction_id=answer.prediction_id, seconds=seconds)
        if seconds:
            try:
                return await self.wait.for_accepted(answer, seconds=seconds)
            except Unavailable:  # it was accepted and paid: say so in any case
                pass
        return unanswered(answer)

    def _response(self, stored: StoredPrediction, replayed: bool, seconds: int | None) -> EncodedJson:
        url = f"{self.settings.base_path}/predictions/{stored.prediction.id}"
        headers = [(b"location", url.encode())]
        if replayed:
            headers.append((b"idempotent-replayed", b"true"))
        if seconds is not None:
            headers.append((b"preference-applied", b"wait=%d" % seconds))
        status = 200 if stored.prediction.status.is_final else 202
        try:
            return self.answers.of(stored, status, headers)
        except Refused:  # it was accepted and paid: its output can be read later
            return self.answers.of(self.answers.without_output(stored), 202, headers)


@dataclass(frozen=True, slots=True)
class AcceptedSubmit:
    """A submit that was accepted, now or before, and its user."""

    user_id: UserId
    answer: Prediction | Replayed


def _preferences(scope: Scope) -> bytes:
    """The values of all `Prefer` lines, which form one list (RFC 9110, section 5.3)."""
    return b",".join([value for name, value in scope["headers"] if name == b"prefer"])
