"""The balances that this process has just read or changed, so that not every flight reads them again."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from augury.concurrency.recent import Recent
from augury.domain.balance import Balance
from augury.domain.identifiers import UserId

MOST = 10_000
"""Balances that are kept. Beyond that, the least recently used are dropped."""
LIFETIME = timedelta(seconds=1)


class KnownBalances:
    """Balances that may be out of date. So they never lead to a refusal, and a prediction that is accepted by
    them is recorded only if its `Premise` holds."""

    def __init__(self) -> None:
        self._recent: Recent[UserId, Balance] = Recent(most=MOST, lifetime=LIFETIME)

    def of(self, user_ids: Iterable[UserId]) -> dict[UserId, Balance]:
        """Those that are known, by user."""
        found = ((user_id, self._recent.get(user_id)) for user_id in user_ids)
        return {user_id: balance for user_id, balance in found if balance}

    def note(self, balances: Mapping[UserId, Balance]) -> None:
        for user_id, balance in balances.items():
            self._recent.put(user_id, balance)
