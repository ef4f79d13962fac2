from dataclasses import dataclass
from uuid import UUID

from augury.application.identity_ports import Users
from augury.application.ports import AlreadyRecorded, IdempotencyKey, Moved, OpenBooks
from augury.application.retrying import retried
from augury.domain.identifiers import UserId, uuid7


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """Add credits that were paid for to a user's balance."""

    users: Users
    books: OpenBooks

    async def __call__(
        self,
        *,
        user_id: UserId,
        amount: int,
        payment: UUID | None = None,
        key: tuple[UserId, IdempotencyKey] | None = None,
    ) -> Moved:
        """Answers the balance after it; a repeated `key`, which belongs to the caller, changes nothing.

        `payment` is the transfer's reference: the same one is never credited twice, to anyone. Raises
        `UserNotFound`, also for a closed account, `InvalidAmount`, `IdempotencyConflict`.
        """
        await self.users.get(user_id)
        reference = payment or uuid7()
        try:
            return await retried(lambda: self._credit(user_id, amount, reference, key))
        except AlreadyRecorded:  # the payment's news came twice
            async with self.books() as books:
                return Moved((await books.open([user_id])).balances[user_id], replayed=True)

    async def _credit(
        self, user_id: UserId, amount: int, reference: UUID, key: tuple[UserId, IdempotencyKey] | None
    ) -> Moved:
        async with self.books() as books:
            opened = await books.open([user_id], [(key[0], key[1].key)] if key else [])
            balance = opened.balances[user_id]
            if key and opened.repeats(*key):
                return Moved(balance, replayed=True)
            balance, transfer = balance.top_up(amount, reference=reference)
            await books.record(transfers=[transfer], keys={key[0]: (key[1], reference)} if key else None)
        return Moved(balance)
