from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from typing_extensions import override

from augury.application.predictions.ports.sweeping import Upkeep
from augury.domain import retention
from augury.domain.idempotency import CHAT_PREFIX
from augury.domain.identifiers import UserId
from augury.outbound.memory.memory import Memory, State
from augury.outbound.memory.records import ReplyRecord

Key = TypeVar("Key")
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class MemoryUpkeep(Upkeep):
    memory: Memory

    @override
    async def purge(self) -> int:
        now = self.memory.now()
        async with self.memory.change() as state:
            newest_free = next(reversed(state.free_changes), 0)
            return sum(
                [
                    _delete(state.idempotency_keys, lambda of, key: key.created_at + _lives(*of) <= now),
                    _delete(state.refresh_tokens, lambda _, token: token.expires_at <= now),
                    _delete(state.chat_sign_ins, lambda _, asked: asked.expires_at <= now),
                    _delete(state.api_keys, lambda _, key: bool(key.expires_at and key.expires_at <= now)),
                    _delete(state.windows, lambda _, window: window.ends_at <= now),
                    _delete(
                        state.updates,
                        lambda _, each: (
                            not each.update and each.received_at + retention.HANDLED_UPDATES < now
                        ),
                    ),
                    _delete(state.version_counts, lambda of, _: of[1] < now - retention.VERSION_COUNTS),
                    _delete(
                        state.free_changes,
                        lambda number, each: each.at + retention.FREE_CHANGES < now and number != newest_free,
                    ),
                    _delete(state.figures, lambda of, _: of[1] < now - retention.FIGURES[of[0]]),
                    _delete(state.processes, lambda _, each: each[1] < now - retention.PROCESSES),
                    _delete(
                        state.ledger_runs, lambda _, each: each[0].started_at < now - retention.LEDGER_RUNS
                    ),
                    _delete(state.notices, lambda _, due_at: due_at + retention.REPLIES < now),
                    _delete(
                        state.replies,
                        lambda _, each: (
                            each.created_at + retention.REPLIES < now and not _is_owed(state, each)
                        ),
                    ),
                    _delete(
                        state.batch_replies, lambda _, each: each.created_at + retention.BATCH_REPLIES < now
                    ),
                    _forget_guests(state, before=now - retention.GUESTS),
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
    return retention.IDEMPOTENCY_KEYS_OF_CHATS if key.startswith(CHAT_PREFIX) else retention.IDEMPOTENCY_KEYS


def _is_owed(state: State, record: ReplyRecord) -> bool:
    prediction_id = record.reply.prediction_id
    is_final = state.predictions[prediction_id].prediction.status.is_final
    return not is_final or prediction_id in state.notices
