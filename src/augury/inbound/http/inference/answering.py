"""Answers an inference request with its prediction."""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from http import HTTPStatus

import msgspec
from litestar.types import Receive, Scope, Send
from typing_extensions import override

from augury.application.models.ports.models import Models
from augury.application.ports import Unavailable
from augury.application.predictions.ports.reads import Predictions, StoredPrediction
from augury.concurrency.aside import aside
from augury.concurrency.room import Room
from augury.domain.answer import answers_in
from augury.domain.answer_form import AnswerForm
from augury.domain.prediction import Failure, Prediction, Status
from augury.domain.request import NoValidRow
from augury.domain.row_errors import warning_count
from augury.inbound.http.edge.outflow import Outflow
from augury.inbound.http.inference.messages import InferResponse
from augury.inbound.http.inference.outputs import tensors_of
from augury.inbound.http.problems.documents import AWAY, Refused
from augury.inbound.http.problems.refusals import (
    BUSY,
    FORGOTTEN,
    NOT_FINAL,
    NOT_RUN,
    PREDICTION_FAILED,
    UNAVAILABLE,
    Kind,
)
from augury.inbound.http.protocol.encoded import EncodedJson

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HeldJson(EncodedJson):
    """A large JSON response, which holds a place until it is sent."""

    ended: Callable[[], None]

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await EncodedJson.__call__(self, scope, receive, send)
        finally:
            self.ended()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Makes the answers. Lives as long as the application."""

    predictions: Predictions
    models: Models
    outflow: Outflow
    room: Room
    """Limits the outputs that are converted at the same time: as tensors, they take many times their
    bytes."""
    base_path: str

    async def answer(
        self,
        stored: StoredPrediction,
        id: str | None,
        wanted: Collection[str],
        *,
        replayed: bool,
        has_key: bool,
    ) -> EncodedJson:
        """The response with the outputs that are `wanted`: all of them if none is named. `id` is the
        request's own. Unless the prediction has succeeded and can be sent, raises a refusal that names it.

        `has_key` is whether the request can be repeated without a second charge.
        """
        again = " To get its answer here, send the same request again: it is charged once." if has_key else ""
        self._require_answered(stored, again)
        try:
            return await self._answer(stored, id, wanted, replayed=replayed)
        except Unavailable as error:  # it was charged: name it in any case
            log.warning("the answer of %s was not sent: %s", stored.prediction.id, error)
            raise self._not_now(UNAVAILABLE, AWAY, stored.prediction, again) from None
        except Refused as refusal:
            if refusal.kind is not BUSY:
                raise
            raise self._not_now(BUSY, str(refusal), stored.prediction, again) from None

    async def _answer(
        self, stored: StoredPrediction, id: str | None, wanted: Collection[str], *, replayed: bool
    ) -> EncodedJson:
        prediction = stored.prediction
        form = (await self.models.version(prediction.model)).facts.form
        headers = [(b"idempotent-replayed", b"true")] if replayed else []
        if not stored.large_output:
            return EncodedJson(200, _encoded(stored, stored.output, form, id, wanted), headers)
        ended = self.outflow.begin(prediction.user_id)
        try:
            size = stored.large_output
            taken = await self.room.enter(size)
            try:
                output = await self._whole(stored)
                body = await aside(size, lambda: _encoded(stored, output, form, id, wanted))
            finally:
                self.room.leave(taken)
        except BaseException:
            ended()
            raise
        return HeldJson(200, body, headers, ended)

    async def _whole(self, stored: StoredPrediction) -> bytes:
        found = bytearray()
        prediction = stored.prediction
        while len(found) < stored.large_output:
            piece = await self.predictions.piece(prediction.id, owner=prediction.user_id, begin=len(found))
            if not piece:
                raise self._refused(FORGOTTEN, "The answer was deleted.", prediction)
            found += piece
        return bytes(found)

    def _require_answered(self, stored: StoredPrediction, again: str) -> None:
        prediction = stored.prediction
        match prediction.status:
            case Status.QUEUED | Status.PROCESSING:
                raise self._refused(
                    NOT_FINAL,
                    f"The prediction is still {prediction.status}. Read it later: "
                    f"GET {self._url(prediction)}.{again}",
                    prediction,
                )
            case Status.FAILED if prediction.failure is Failure.NO_VALID_ROW:
                raise NoValidRow(tuple(stored.errors), error_count=prediction.error_count)
            case Status.FAILED:
                says = f"The prediction failed ({prediction.failure}). Nothing was charged."
                raise self._refused(PREDICTION_FAILED, says, prediction)
            case Status.CANCELED | Status.EXPIRED:
                says = f"The prediction was not run: it is {prediction.status}. Nothing was charged."
                raise self._refused(NOT_RUN, says, prediction)
        if stored.output is None and not stored.large_output:
            raise self._refused(FORGOTTEN, "The answer of this prediction was deleted.", prediction)

    def _not_now(self, kind: Kind, why: str, prediction: Prediction, again: str) -> Refused:
        says = f"{why} The prediction has succeeded. Read it later: GET {self._url(prediction)}.{again}"
        return self._refused(kind, says, prediction)

    def _refused(self, kind: Kind, says: str, prediction: Prediction) -> Refused:
        return Refused(
            kind,
            says,
            retry_after=1 if kind.status == HTTPStatus.GATEWAY_TIMEOUT else None,
            prediction_id=prediction.id,
            prediction_status=prediction.status,
            price=prediction.price,
            charged=prediction.charged,
            url=self._url(prediction),
        )

    def _url(self, prediction: Prediction) -> str:
        return f"{self.base_path}/predictions/{prediction.id}"


def _encoded(
    stored: StoredPrediction, output: bytes | None, form: AnswerForm, id: str | None, wanted: Collection[str]
) -> bytes:
    prediction = stored.prediction
    response = InferResponse(
        model_name=prediction.model.name,
        model_version=str(prediction.model.version),
        id=msgspec.UNSET if id is None else id,
        parameters={
            "prediction_id": str(prediction.id),
            "price": prediction.price,
            "charged": prediction.charged,
            "error_count": prediction.error_count,
            "warning_count": warning_count(stored.warnings),
        },
        outputs=tensors_of(form, answers_in(output), stored.errors, wanted),
    )
    return msgspec.json.encode(response)
