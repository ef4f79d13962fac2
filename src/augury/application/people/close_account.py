from dataclasses import dataclass

from augury.application.people.known_callers import KnownCallers
from augury.application.people.ports.closing import OpenClosingBooks
from augury.application.people.ports.users import Users
from augury.application.ports import Clock
from augury.application.retrying import retried
from augury.domain.identifiers import UserId, uuid7
from augury.domain.user import CreditsLeft, PredictionsUnderWay, User


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAccount:
    """Close an account: its remaining credits are taken back, personal data is deleted, the books stay.

    A debt is written off, because the right to be deleted does not depend on money.
    """

    users: Users
    books: OpenClosingBooks
    known: KnownCallers
    clock: Clock

    async def __call__(self, *, user_id: UserId, forfeit: int = 0) -> None:
        """`forfeit` is the most credits that may be left. They are lost.

        Raises `PredictionsUnderWay` while there are unfinished predictions or an unfinished batch, and
        `CreditsLeft` if more credits are left.
        """
        user = await self.users.get(user_id)
        await retried(lambda: self._close(user, forfeit))
        self.known.forget(user_id)

    async def _close(self, user: User, forfeit: int) -> None:
        async with self.books() as books:
            balance = (await books.open([user.id])).balance(user.id)
            if balance.pending or balance.held or await books.has_open_batch(user.id):
                raise PredictionsUnderWay(pending=balance.pending)
            if balance.spendable > forfeit:
                raise CreditsLeft(available=balance.spendable)
            if transfers := balance.clear(reference=uuid7()):
                await books.record(transfers=transfers)
            await books.close(user.close(at=self.clock.now()))
