"""Ids in the addresses of pages."""

from uuid import UUID

from augury.domain.identifiers import PredictionId
from augury.domain.prediction import PredictionNotFound


def prediction_id_in(text: str) -> PredictionId:
    """Raises `PredictionNotFound` if the text is not an id."""
    try:
        return PredictionId(UUID(text))
    except ValueError:
        raise PredictionNotFound(PredictionId(UUID(int=0))) from None
