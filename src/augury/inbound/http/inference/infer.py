"""Inference: submits the protocol's tensors as a prediction, and waits for the answer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from litestar.types import Scope

from augury.application.models.ports.models import Models
from augury.application.ports import Json, Unavailable
from augury.application.predictions.ports.reads import StoredPrediction
from augury.application.predictions.requests import Replayed
from augury.application.predictions.submit_prediction import Submission, SubmitPrediction
from augury.application.predictions.wait_for_prediction import WaitForPrediction
from augury.concurrency.aside import aside
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import UserId
from augury.domain.model import Model, ModelNotFound
from augury.domain.prediction import Prediction
from augury.inbound.http.callers.idempotency import checked_name, key_of_submit, name_of_key
from augury.inbound.http.callers.identity import key_of
from augury.inbound.http.edge.layer import share_of
from augury.inbound.http.inference.answering import Answering
from augury.inbound.http.inference.body import json_length
from augury.inbound.http.inference.messages import InferRequest, RequestedOutput
from augury.inbound.http.inference.outputs import outputs_of
from augury.inbound.http.inference.parameters import request_parameters, require_output_parameters
from augury.inbound.http.inference.rows import rows_of
from augury.inbound.http.predictions.views import unanswered
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import WRONG_SHAPE
from augury.inbound.http.problems.wording import listed
from augury.inbound.http.protocol.encoded import EncodedJson
from augury.inbound.http.protocol.traces import trace_of
from augury.inbound.http.settings import HttpSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class InferHandler:
    """The dependencies of an inference, which live as long as the application."""

    submit_prediction: SubmitPrediction
    wait: WaitForPrediction
    models: Models
    answering: Answering
    settings: HttpSettings

    async def __call__(self, scope: Scope, model: str, request: InferRequest, body: bytes) -> EncodedJson:
        """Accept the request, wait for its end, and answer. Raises the refusals of a submit, and a 504 if the
        prediction is not final in time."""
        user_id: UserId = scope["user"]
        submission = await self._asked(scope, user_id, model, request, body)
        answer, has_key = await self.submit_prediction(submission), submission.key is not None
        echoed, wanted = request.id, frozenset(each.name for each in request.outputs or ())
        share_of(scope).release()
        del request, body, submission
        stored = await self._ended(answer, user_id)
        return await self.answering.answer(
            stored, echoed, wanted, replayed=isinstance(answer, Replayed), has_key=has_key
        )

    async def _asked(
        self, scope: Scope, user_id: UserId, model: str, request: InferRequest, body: bytes
    ) -> Submission:
        given = request_parameters(request.parameters)
        name = name_of_key(scope) or (checked_name(request.id, "id") if request.id else None)
        found = await self._found(model, user_id)
        _require_known(request.outputs or (), found)
        expires_in, max_price = given.get("expires_in"), given.get("max_price")
        more = () if max_price is None else (max_price,)

        def read() -> tuple[object, Json, IdempotencyKey | None]:
            rest = memoryview(body)[json_length(scope, len(body)) :]
            schema = found.facts.schema if found else None
            rows = rows_of(request.inputs, rest, schema, most=self.settings.max_values)
            key = None if name is None else key_of_submit(name, body, model, expires_in, rows, *more)
            return rows, Json(msgspec.json.encode(rows)), key

        data, text, key = await aside(len(body), read)
        return Submission(
            user_id=user_id,
            data=data,
            input=text,
            model=model,
            expires_in=None if expires_in is None else timedelta(seconds=expires_in),
            key=key,
            max_price=max_price,
            trace=trace_of(scope),
            terms=key_of(scope),
        )

    async def _found(self, model: str, user_id: UserId) -> Model | None:
        """None if the model is not available: the same request may have been accepted before."""
        try:
            return await self.models.get(model, user_id=user_id)
        except ModelNotFound:
            return None

    async def _ended(self, answer: Prediction | Replayed, user_id: UserId) -> StoredPrediction:
        seconds = self.settings.max_wait.total_seconds()
        if isinstance(answer, Replayed):
            return await self.wait(user_id=user_id, prediction_id=answer.prediction_id, seconds=seconds)
        try:
            return await self.wait.for_accepted(answer, seconds=seconds)
        except Unavailable:  # it was accepted and is being paid: name it
            return unanswered(answer)


def _require_known(outputs: Collection[RequestedOutput], model: Model | None) -> None:
    """Raises a 422 if the request wants outputs that the model does not have."""
    names = [output.name for output in outputs_of(model.facts.form)] if model else []
    for each in outputs:
        require_output_parameters(each)
        if model and each.name not in names:
            raise Refused(
                WRONG_SHAPE, f"{model.ref} has no output `{each.name[:100]}`: it has {listed(names)}."
            )
