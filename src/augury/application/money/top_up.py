from dataclasses import dataclass
from uuid import UUID

from augury.application.money.acts import moved_credits
from augury.application.money.payments import payment_reference
from augury.application.money.ports import Moved
from augury.application.people.ports.users import Users
from augury.application.ports.books import AlreadyRecorded, OpenBooks
from augury.application.retrying import retried
from augury.domain.audit import Action, Author
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import UserId, uuid7
from augury.domain.payment import PaymentTaken
from augury.domain.transfer import TransferKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """Add paid credits to a user's balance. A debt is settled from them first."""

    users: Users
    books: OpenBooks

    async def __call__(
        self,
        *,
        user_id: UserId,
        amount: int,
        payment: str | None = None,
        key: tuple[UserId, IdempotencyKey] | None = None,
        author: Author | None = None,
    ) -> Moved:
        """Returns the balance afterwards. A repeated `key` of the same caller changes nothing.

        `payment` is any text that identifies the payment, such as the bank's number for it: one payment is
        credited once, and repeating it changes nothing; see `payment_reference`. Raises `UserNotFound`, also
        for a closed account, `InvalidAmount`, `IdempotencyConflict`, and `PaymentTaken` if it was credited to
        another user or with another amount.
        """
        await self.users.get(user_id)
        reference = uuid7() if payment is None else payment_reference(payment)
        try:
            return await retried(lambda: self._credit(user_id, amount, reference, key, author))
        except AlreadyRecorded:  # the payment was reported twice
            return await retried(lambda: self._credited(user_id, amount, reference))

    async def _credit(
        self,
        user_id: UserId,
        amount: int,
        reference: UUID,
        key: tuple[UserId, IdempotencyKey] | None,
        author: Author | None,
    ) -> Moved:
        async with self.books() as books:
            opened = await books.open([user_id], [(key[0], key[1].key)] if key else [])
            balance = opened.balance(user_id)
            if key and opened.repeats(*key):
                return Moved(balance, replayed=True)
            before = balance
            balance, transfers = balance.top_up(amount, reference=reference)
            await books.record(transfers=transfers, keys={key[0]: (key[1], reference)} if key else None)
            await books.note(moved_credits(Action.TOP_UP, before, balance, reference, author))
        return Moved(balance)

    async def _credited(self, user_id: UserId, amount: int, reference: UUID) -> Moved:
        async with self.books() as books:
            known = await books.transfer(reference, TransferKind.TOP_UP)
            if known is None or (known.user_id, known.amount) != (user_id, amount):
                raise PaymentTaken
            return Moved((await books.open([user_id])).balance(user_id), replayed=True)
