"""A cache of callers, so that not every request queries the books."""

from datetime import timedelta

from augury.application.limits import Limits
from augury.application.people.ports.credentials import Access
from augury.concurrency.recent import Recent
from augury.domain.identifiers import UserId

MOST = 10_000
"""Entries of each kind. Beyond that, the least recently used are dropped."""
A_DAY = timedelta(days=1)


class KnownCallers:
    """One cache per process, shared by the use cases that find callers and those that end access.

    Accounts and API keys are cached for `Limits.identity_cache`, guests for a day.
    """

    def __init__(self, limits: Limits) -> None:
        self.accounts: Recent[Access, UserId] = Recent(most=MOST, lifetime=limits.identity_cache)
        self.api_keys: Recent[bytes, Access] = Recent(most=MOST, lifetime=limits.identity_cache)
        self.guests: Recent[bytes, UserId] = Recent(most=MOST, lifetime=A_DAY)

    def forget(self, user_id: UserId) -> None:
        """Drop the account and its keys, because one of them has changed."""
        self.accounts.forget(user_id)
        self.api_keys.forget_if(lambda access: access.user_id == user_id)
