from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from augury.application.predictions.ports.lanes import Queues
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.lane import Share
from augury.domain.prediction import Status
from augury.domain.queue_place import Line, Mark, Standing
from augury.outbound.memory import bulk_lane
from augury.outbound.memory.memory import Memory
from augury.outbound.memory.records import PredictionRecord


@dataclass(frozen=True, slots=True)
class MemoryQueues(Queues):
    memory: Memory

    @override
    async def standing(self, *, up_to: PredictionId | None) -> Standing:
        state = self.memory.state
        begun = frozenset(each for run in state.runs.values() for each in run.ids)
        lines: dict[UserId | None, list[PredictionRecord]] = defaultdict(list)
        for prediction_id, record in sorted(state.predictions.items()):
            waits = record.prediction.status is Status.QUEUED and prediction_id not in begun
            if waits and record.bulk_cost is None:
                lines[None].append(record)
            elif waits and record.in_bulk:
                lines[record.prediction.user_id].append(record)
        left = {
            user: sum(_cost(each) for each in records if up_to is not None and each.prediction.id <= up_to)
            for user, records in lines.items()
        }
        return Standing(
            small=_line(lines[None], Share()) if lines.get(None) else None,
            bulk={
                user: _line(records, state.shares[user])
                for user, records in lines.items()
                if user is not None
            },
            begun=begun,
            small_left=left.get(None, 0),
            bulk_left=sum(cost for user, cost in left.items() if user is not None),
        )


def _line(records: Sequence[PredictionRecord], share: Share) -> Line:
    marks, cost = [], 0.0
    for place, record in enumerate(records, start=1):
        cost += _cost(record)
        marks.append(Mark(record.prediction.id, place, cost))
    return Line(marks=marks, finish=share.finish, weight=share.weight)


def _cost(record: PredictionRecord) -> int:
    return 1 if record.bulk_cost is None else bulk_lane.cost_of(record)
