"""Predictions as responses. A large output is not held in memory: it is read while it is sent."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from augury.application.predictions.places import Places
from augury.application.predictions.ports.reads import PredictionPage, Predictions, StoredPrediction
from augury.inbound.http.edge.outflow import Outflow
from augury.inbound.http.predictions.views import ListedPrediction, PredictionView
from augury.inbound.http.protocol.encoded import BrokenOff, EncodedJson, StreamedJson
from augury.inbound.http.protocol.paging import cursor_at


class PredictionPageView(msgspec.Struct, frozen=True):
    __schema_name__ = "PredictionPage"

    items: list[ListedPrediction]
    next_cursor: str | None


_encoder = msgspec.json.Encoder()
_PLACEHOLDER = b"\0"
"""Stands for a large output. JSON texts have no such byte: they escape it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionAnswers:
    """Makes the responses that show one prediction. Lives as long as the application."""

    predictions: Predictions
    outflow: Outflow
    places: Places
    base_path: str

    def of(
        self, stored: StoredPrediction, status: int = 200, headers: Sequence[tuple[bytes, bytes]] = ()
    ) -> EncodedJson:
        """The response that shows a prediction. Raises a 503 if too many large answers are being read."""
        view = PredictionView.of(stored, base_path=self.base_path, place=self.places.of(stored))
        if not stored.large_output:
            return EncodedJson(status, _encoder.encode(view), headers)
        shown = msgspec.structs.replace(view, output=msgspec.Raw(_PLACEHOLDER))
        head, _, tail = _encoder.encode(shown).partition(_PLACEHOLDER)
        return StreamedJson(
            status,
            head,
            headers,
            pieces=lambda: self._pieces(stored),
            middle=stored.large_output,
            tail=tail,
            ended=self.outflow.begin(stored.prediction.user_id),
        )

    def page(self, page: PredictionPage) -> PredictionPageView:
        """A page of a list, with the places of the waiting predictions. Reads nothing from the database."""
        items = [
            ListedPrediction.of(each, base_path=self.base_path, place=self.places.of(each))
            for each in page.items
        ]
        return PredictionPageView(items, None if page.more is None else cursor_at(page.more.bytes))

    def without_output(self, stored: StoredPrediction) -> StoredPrediction:
        """The prediction without its output, which can be read later."""
        return replace(stored, output=None, large_output=0)

    async def _pieces(self, stored: StoredPrediction) -> AsyncIterator[bytes]:
        begin, prediction = 0, stored.prediction
        while begin < stored.large_output:
            piece = await self.predictions.piece(prediction.id, owner=prediction.user_id, begin=begin)
            if not piece:
                raise BrokenOff("its prediction was forgotten")
            begin += len(piece)
            yield piece
