from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from typing_extensions import override

from augury.application.predictions.ports.sweeping import Upkeep
from augury.domain.figures import Step
from augury.domain.identifiers import UserId
from augury.outbound.memory.memory import Memory, State
from augury.outbound.memory.records import ReplyRecord

KEYS_LIVE = timedelta(hours=24)
"""How long an idempotency key is remembered."""
KEYS_OF_CHATS_LIVE = timedelta(days=9)
"""A bot that was down may handle a chat's message again, so its key is kept as long as its reply."""
UPDATES_LIVE = timedelta(days=2)
"""How long a handled update is remembered: longer than Telegram may deliver it again."""
ANSWERS_LIVE = timedelta(days=9)
ANSWERS_OF_BATCHES_LIVE = timedelta(days=17)
"""How long a chat's answer may be undelivered: longer than any prediction waits."""
COUNTS_LIVE = timedelta(days=8)
"""How long the counts of versions are kept: a day longer than they are shown."""
CHANGES_LIVE = timedelta(days=8)
"""How long changes of free predictions are kept: a day longer than event streams can be resumed."""
FIGURES_LIVE = {
    Step.MINUTE: timedelta(days=2),
    Step.HOUR: timedelta(days=40),
    Step.DAY: timedelta(days=800),
}
"""How long figures are kept: much longer than they are shown."""
PROCESSES_LIVE = timedelta(days=1)
"""How long a process is remembered after its last sign of life."""
RUNS_LIVE = timedelta(days=30)
"""How long checks of the books are kept."""
GUESTS_LIVE = timedelta(days=2)
"""How long a guest's data is kept: longer than the guest can read it."""

Key = TypeVar("Key")
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class MemoryUpkeep(Upkeep):
    memory: Memory

    @override
    async def purge(self) -> int:
        now = self.memory.now()
        async with self.memory.change() as state:
            return sum(
                [
                    _delete(state.idempotency_keys, lambda of, key: key.created_at + _lives(*of) <= now),
                    _delete(state.refresh_tokens, lambda _, token: token.expires_at <= now),
                    _delete(state.chat_sign_ins, lambda _, asked: asked.expires_at <= now),
                    _delete(state.api_keys, lambda _, key: bool(key.expires_at and key.expires_at <= now)),
                    _delete(state.windows, lambda _, window: window.ends_at <= now),
                    _delete(
                        state.updates,
                        lambda _, each: not each.update and each.received_at + UPDATES_LIVE < now,
                    ),
                    _delete(state.version_counts, lambda of, _: of[1] < now - COUNTS_LIVE),
                    _delete(state.free_changes, lambda _, each: each.at + CHANGES_LIVE < now),
                    _delete(state.figures, lambda of, _: of[1] < now - FIGURES_LIVE[of[0]]),
                    _delete(state.processes, lambda _, each: each[1] < now - PROCESSES_LIVE),
                    _delete(state.ledger_runs, lambda _, each: each[0].started_at < now - RUNS_LIVE),
                    _delete(state.notices, lambda _, due_at: due_at + ANSWERS_LIVE < now),
                    _delete(
                        state.replies,
                        lambda _, each: each.created_at + ANSWERS_LIVE < now and not _is_owed(state, each),
                    ),
                    _delete(
                        state.batch_replies, lambda _, each: each.created_at + ANSWERS_OF_BATCHES_LIVE < now
                    ),
                    _forget_guests(state, before=now - GUESTS_LIVE),
                ]
            )


def _delete(records: dict[Key, Record], ended: Callable[[Key, Record], bool]) -> int:
    gone = [key for key, record in records.items() if ended(key, record)]
    for key in gone:
        del records[key]
    return len(gone)


def _forget_guests(state: State, *, before: datetime) -> int:
    gone = {
        user_id
        for user_id, record in state.users.items()
        if record.guest_key and record.user.created_at < before and not state.balances[user_id].pending
    }
    for user_id in gone:
        state.users[user_id] = replace(state.users[user_id], guest_key=None)
    for record in list(state.predictions.values()):
        if record.prediction.user_id in gone:
            state.predictions[record.prediction.id] = record.forgotten()
    return len(gone)


def _lives(_: UserId, key: str) -> timedelta:
    return KEYS_OF_CHATS_LIVE if key.startswith("telegram:") else KEYS_LIVE


def _is_owed(state: State, record: ReplyRecord) -> bool:
    prediction_id = record.reply.prediction_id
    is_final = state.predictions[prediction_id].prediction.status.is_final
    return not is_final or prediction_id in state.notices
