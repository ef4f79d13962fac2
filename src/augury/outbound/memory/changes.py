from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from typing_extensions import override

from augury.application.predictions.ports.changes import Change, Changes, Position
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.transfer import TransferKind
from augury.outbound.memory.memory import Memory, State

_Found = tuple[int, PredictionId, bool]
"""The number of a change, and its other fields."""


@dataclass(frozen=True, slots=True)
class MemoryChanges(Changes):
    memory: Memory

    @override
    async def newest(self, user_ids: Collection[UserId]) -> Mapping[UserId, Position]:
        return {
            user_id: Position(
                max((number for number, *_ in _paid(self.memory.state, user_id)), default=0),
                max((number for number, *_ in _free(self.memory.state, user_id)), default=0),
            )
            for user_id in user_ids
        }

    @override
    async def oldest_free(self) -> int:
        return next(iter(self.memory.state.free_changes), 0)

    @override
    async def since(
        self, asked: Sequence[tuple[UserId, Position]], *, limit: int
    ) -> Sequence[Sequence[Change]]:
        return [list(self._since(user_id, position, limit)) for user_id, position in asked]

    def _since(self, user_id: UserId, position: Position, limit: int) -> Iterator[Change]:
        paid = [each for each in _paid(self.memory.state, user_id) if each[0] > position.paid]
        free = [each for each in _free(self.memory.state, user_id) if each[0] > position.free]
        for number, prediction_id, ended in paid[:limit]:
            position = replace(position, paid=number)
            yield Change(position, prediction_id, ended)
        for number, prediction_id, ended in free[:limit]:
            position = replace(position, free=number)
            yield Change(position, prediction_id, ended)


def _paid(state: State, user_id: UserId) -> Iterator[_Found]:
    for (reference, kind), statement in state.statements.items():
        was_captured = (reference, TransferKind.CAPTURE) in state.statements
        is_end = kind is TransferKind.CAPTURE or (kind is TransferKind.RELEASE and not was_captured)
        if statement.transfer.user_id == user_id and (is_end or kind is TransferKind.HOLD):
            yield statement.sequence, PredictionId(reference), is_end


def _free(state: State, user_id: UserId) -> Iterator[_Found]:
    for number, each in state.free_changes.items():
        if each.user_id == user_id:
            yield number, each.prediction_id, each.ended
