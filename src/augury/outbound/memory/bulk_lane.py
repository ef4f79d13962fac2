"""The bulk lane in memory."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from typing_extensions import override

from augury.application.predictions.ports.lanes import BulkLane, UserInLane, Waiting
from augury.domain.audit import Act
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.lane import Share
from augury.outbound.memory.audit_log import note
from augury.outbound.memory.memory import Memory, State
from augury.outbound.memory.records import PredictionRecord


@dataclass(frozen=True, slots=True)
class MemoryBulkLane(BulkLane):
    memory: Memory

    @override
    async def waiting(self, *, most_users: int) -> Waiting:
        state = self.memory.state
        users = by_user(state)
        found = [
            UserInLane(user_id, len(records), sum(map(cost_of, records)), _share(state, user_id).weight)
            for user_id, records in users.items()
        ]
        everything = [record for records in users.values() for record in records]
        return Waiting(
            predictions=len(everything),
            users=len(users),
            oldest=min((record.prediction.created_at for record in everything), default=None),
            by_user=sorted(found, key=lambda user: (-user.cost, user.user_id))[:most_users],
        )

    @override
    async def ids(self, *, at_most: int) -> Sequence[PredictionId]:
        state = self.memory.state
        return [each for each, record in state.predictions.items() if record.in_bulk][:at_most]

    @override
    async def set_weight(self, user_id: UserId, weight: float, *, act: Act | None = None) -> None:
        async with self.memory.change() as state:
            share = state.shares.get(user_id) or Share(start=time(state), finish=time(state))
            state.shares[user_id] = replace(share, weight=weight)
            note(state, self.memory.now(), act)


def time(state: State) -> float:
    """The lane's time."""
    return max((share.start for share in state.shares.values()), default=0.0)


def enter(state: State, user_id: UserId) -> None:
    """Give a user a share, before work of theirs begins to wait."""
    now = time(state)
    share = state.shares.get(user_id, Share(start=now))
    if not any(record.in_bulk and record.prediction.user_id == user_id for record in _records(state)):
        state.shares[user_id] = share.returned(now=now)


def next_user(state: State, most_cost: int | None = None) -> Sequence[PredictionRecord]:
    """The work that waits for the user whose turn it is, the oldest first. With `most_cost`, users whose
    oldest prediction costs more are passed over."""
    users = {
        user_id: records
        for user_id, records in by_user(state).items()
        if most_cost is None or cost_of(records[0]) <= most_cost
    }
    if not users:
        return ()
    return users[min(users, key=lambda user_id: (_share(state, user_id).finish, user_id))]


def serve(state: State, user_id: UserId, cost: int) -> None:
    state.shares[user_id] = _share(state, user_id).served(cost)


def give_back(state: State, user_id: UserId, cost: int) -> None:
    state.shares[user_id] = _share(state, user_id).given_back(cost, now=time(state))


def by_user(state: State) -> dict[UserId, list[PredictionRecord]]:
    users: dict[UserId, list[PredictionRecord]] = defaultdict(list)
    for record in sorted(_records(state), key=lambda record: record.prediction.id):
        if record.in_bulk:
            users[record.prediction.user_id].append(record)
    return users


def cost_of(record: PredictionRecord) -> int:
    return record.bulk_cost or 0


def _records(state: State) -> Collection[PredictionRecord]:
    return state.predictions.values()


def _share(state: State, user_id: UserId) -> Share:
    return state.shares.get(user_id, Share())
