"""Callers who were looked up a moment ago, so that not every request asks the books."""

from datetime import timedelta

from augury.application.limits import Limits
from augury.application.people.ports import Access
from augury.concurrency.recent import Recent
from augury.domain.identifiers import UserId

MOST = 10_000
"""Of each kind; the oldest make room."""
A_DAY = timedelta(days=1)


class KnownCallers:
    """One memory per process, shared by the use cases that find callers and those that end access.

    Accounts and API keys are believed for `Limits.identity_cache`. A guest's name holds for a day.
    """

    def __init__(self, limits: Limits) -> None:
        self.accounts: Recent[Access, UserId] = Recent(most=MOST, lifetime=limits.identity_cache)
        self.api_keys: Recent[bytes, UserId] = Recent(most=MOST, lifetime=limits.identity_cache)
        self.guests: Recent[bytes, UserId] = Recent(most=MOST, lifetime=A_DAY)

    def forget(self, user_id: UserId) -> None:
        """The account or one of its keys has changed: look it up again."""
        self.accounts.forget(user_id)
        self.api_keys.forget(user_id)
