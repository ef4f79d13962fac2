"""Counts the work of this process for the operators' figures, until the counts are stored."""

from collections.abc import Sequence

from augury.domain.figures import NOTHING, Figures, latencies_of
from augury.domain.prediction import Prediction, Status


class FiguresTally:
    def __init__(self) -> None:
        self._counted = NOTHING

    def accepted(self, predictions: int) -> None:
        self._counted += Figures(accepted=predictions)

    def ended(self, predictions: Sequence[Prediction]) -> None:
        """Count final predictions. Their times come from different processes: if a clock is behind, a latency
        may count as 0."""
        self._counted += Figures(
            succeeded=sum(each.status is Status.SUCCEEDED for each in predictions),
            failed=sum(each.status is Status.FAILED for each in predictions),
            revenue=sum(each.charged for each in predictions),
            latencies=latencies_of(
                (each.finished_at - each.created_at).total_seconds()
                for each in predictions
                if each.finished_at and each.batch_id is None and each.status in COUNTED
            ),
        )

    def take(self) -> Figures:
        """The counts since the last call."""
        taken, self._counted = self._counted, NOTHING
        return taken

    def put_back(self, taken: Figures) -> None:
        """Add counts back that could not be stored."""
        self._counted += taken


COUNTED = (Status.SUCCEEDED, Status.FAILED)
