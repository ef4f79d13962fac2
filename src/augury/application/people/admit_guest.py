from dataclasses import dataclass

from augury.application.limits import Limits
from augury.application.people.ports import NewUser, Users
from augury.application.ports import Clock
from augury.domain.balance import Balance
from augury.domain.identifiers import UserId, uuid7
from augury.domain.user import GuestsNotServed, Role, TooManyGuests, User


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmitGuest:
    """Let someone without an account try the service with a few free credits a day."""

    users: Users
    clock: Clock
    limits: Limits

    async def __call__(self, guest_key: bytes) -> User:
        """The guest of this key, which stands for an address and a day; the same key is the same guest.

        Raises `GuestsNotServed`, `TooManyGuests`.
        """
        if not self.limits.guest_credits:
            raise GuestsNotServed
        user = User(id=UserId(uuid7()), role=Role.GUEST, email=None, created_at=self.clock.now())
        _, grant = Balance(user.id).grant(self.limits.guest_credits, reference=user.id)
        guest = await self.users.add_guest(
            NewUser(user=user, guest_key=guest_key, grant=grant), most_per_day=self.limits.guests_per_day
        )
        if guest is None:
            raise TooManyGuests
        return guest
