from collections.abc import AsyncIterator
from dataclasses import dataclass

from augury.application.limits import Limits
from augury.application.people.guest_keys import GuestKeys
from augury.application.people.known_callers import A_DAY, KnownCallers
from augury.application.people.ports.users import Users
from augury.application.ports import Clock
from augury.domain.guest import GuestsNotServed
from augury.domain.identifiers import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class FindGuests:
    """Find the guests that an address has today and had yesterday, without adding any.

    So a prediction that was submitted just before midnight (UTC) can be read after midnight.
    """

    users: Users
    keys: GuestKeys
    known: KnownCallers
    clock: Clock
    limits: Limits

    async def __call__(self, address: str) -> AsyncIterator[UserId]:
        """Yields today's guest first. Raises `GuestsNotServed`."""
        if not self.limits.guest_credits:
            raise GuestsNotServed
        now = self.clock.now()
        for day in (now, now - A_DAY):
            key = self.keys.key(address, day)
            user_id = self.known.guests.get(key)
            if user_id is None and (guest := await self.users.guest(key)):
                user_id = guest.id
                self.known.guests.put(key, user_id)
            if user_id is not None:
                yield user_id
