from dataclasses import dataclass

from augury.application.limits import Limits
from augury.application.people.guest_keys import GuestKeys
from augury.application.people.known_callers import KnownCallers
from augury.application.people.ports.users import NewUser, Users
from augury.application.ports import Clock
from augury.domain.balance import Balance
from augury.domain.guest import GuestsNotServed, TooManyGuests
from augury.domain.identifiers import UserId, uuid7
from augury.domain.user import Role, User


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmitGuest:
    """Let someone without an account try the service with a few free credits a day."""

    users: Users
    keys: GuestKeys
    known: KnownCallers
    clock: Clock
    limits: Limits

    async def __call__(self, address: str) -> UserId:
        """The guest of this address and of this UTC day.

        Raises `GuestsNotServed`, `TooManyGuests`.
        """
        key = self.keys.key(address, self.clock.now())
        return self.known.guests.get(key) or await self._admit(key)

    async def _admit(self, key: bytes) -> UserId:
        if not self.limits.guest_credits:
            raise GuestsNotServed
        user = User(id=UserId(uuid7()), role=Role.GUEST, email=None, created_at=self.clock.now())
        _, (grant,) = Balance(user.id).grant(self.limits.guest_credits, reference=user.id)
        guest = await self.users.add_guest(
            NewUser(user=user, guest_key=key, grant=grant), most_per_day=self.limits.guests_per_day
        )
        if guest is None:
            raise TooManyGuests
        self.known.guests.put(key, guest.id)
        return guest.id
