from dataclasses import dataclass

from augury.application.money.acts import moved_credits
from augury.application.money.ports import Moved
from augury.application.people.ports.users import Users
from augury.application.ports.books import AlreadyRecorded, OpenBooks
from augury.application.retrying import retried
from augury.domain.audit import Action, Author
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import AlreadyRefunded


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPrediction:
    """Refund the credits that a prediction cost, or some of them, once."""

    users: Users
    books: OpenBooks

    async def __call__(
        self,
        *,
        prediction_id: PredictionId,
        amount: int | None = None,
        key: tuple[UserId, IdempotencyKey] | None = None,
        author: Author | None = None,
    ) -> Moved:
        """Returns the user's balance afterwards. A repeated `key` of the same caller changes nothing.

        Without an `amount`, everything that was charged is refunded. Raises `PredictionNotFound`,
        `NotRefundable`, `AlreadyRefunded`, `IdempotencyConflict`, `UserNotFound` if the account is closed.
        """
        await self.users.get(await retried(lambda: self._owner(prediction_id)))
        try:
            return await retried(lambda: self._refund(prediction_id, amount, key, author))
        except AlreadyRecorded:
            raise AlreadyRefunded from None

    async def _owner(self, prediction_id: PredictionId) -> UserId:
        """Read the owner in a separate transaction: a transaction must not wait for a second connection."""
        async with self.books() as books:
            return (await books.prediction(prediction_id)).user_id

    async def _refund(
        self,
        prediction_id: PredictionId,
        amount: int | None,
        key: tuple[UserId, IdempotencyKey] | None,
        author: Author | None,
    ) -> Moved:
        async with self.books() as books:
            prediction = await books.prediction(prediction_id)
            user_id = prediction.user_id
            opened = await books.open([user_id], [(key[0], key[1].key)] if key else [])
            balance = opened.balance(user_id)
            if key and opened.repeats(*key):
                return Moved(balance, replayed=True)
            before = balance
            balance, refund = balance.refund(prediction.refundable(amount), reference=prediction.id)
            await books.record(transfers=[refund], keys={key[0]: (key[1], prediction.id)} if key else None)
            subject = f"prediction:{prediction.id}"
            await books.note(
                moved_credits(Action.REFUND, before, balance, prediction.id, author, subject=subject)
            )
        return Moved(balance)
