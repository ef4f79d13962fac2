from dataclasses import dataclass

from augury.application.ports import IdempotencyKey, OpenBooks
from augury.domain.identifiers import PredictionId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class FindAccepted:
    """Find what an earlier request of the same key was accepted as, though today it would be refused."""

    books: OpenBooks

    async def __call__(self, *, user_id: UserId, key: IdempotencyKey) -> PredictionId | None:
        """None where the key is new. Raises `IdempotencyConflict` where it was used for something else."""
        async with self.books() as books:
            opened = await books.open([], [(user_id, key.key)])
        if not opened.repeats(user_id, key):
            return None
        return PredictionId(opened.remembered[user_id, key.key].reference)
