"""The spending of API keys with spending limits."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from augury.application.people.ports.api_keys import ApiKey
from augury.domain.api_key import Spending
from augury.outbound.memory.memory import State
from augury.outbound.memory.records import PredictionRecord, SpendingRecord


def spending(state: State, key_id: UUID, now: datetime) -> Spending:
    counted = state.counted.get(key_id)
    today = day_of(now)
    if counted is None:
        return Spending()
    return Spending(
        counted.spending.day if counted.on == today else 0,
        counted.spending.month if _month(counted.on) == _month(today) else 0,
    )


def current(state: State, key: ApiKey, now: datetime) -> ApiKey:
    """The key with its current spending."""
    return replace(key, spending=spending(state, key.id, now))


def count(state: State, key_id: UUID, price: int, now: datetime) -> None:
    after = spending(state, key_id, now).plus(price)
    state.counted[key_id] = SpendingRecord(after, day_of(now))


def give_back(state: State, ended: PredictionRecord) -> None:
    """Subtract the credits that were released at the end of this prediction."""
    key_id, counted_on = ended.key_id, ended.counted_on
    if key_id is None or counted_on is None or key_id not in state.counted:
        return
    counted = state.counted[key_id]
    spending, released = counted.spending, ended.prediction.price - ended.prediction.charged
    after = Spending(
        spending.day - (released if counted.on == counted_on else 0),
        spending.month - (released if _month(counted.on) == _month(counted_on) else 0),
    )
    state.counted[key_id] = replace(counted, spending=after)


def day_of(at: datetime) -> date:
    """The UTC day."""
    return at.astimezone(UTC).date()


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month
