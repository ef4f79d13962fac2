"""Ports: the contents of a prediction, which its user can read and delete."""

from abc import abstractmethod
from typing import Protocol

from augury.application.ports import Json
from augury.domain.identifiers import PredictionId, UserId


class PredictionContents(Protocol):
    """The contents of predictions: rows, answers and row errors."""

    @abstractmethod
    async def input_of(self, prediction_id: PredictionId, *, owner: UserId) -> Json | None:
        """The rows of the request. None after they were forgotten. Raises `PredictionNotFound`."""

    @abstractmethod
    async def forget(self, prediction_id: PredictionId, *, owner: UserId) -> None:
        """Delete input, output, row errors and warnings, but not the transfers.

        Raises `PredictionNotFound`, or `WrongStatus` if it is not final.
        """
