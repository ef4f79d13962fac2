from dataclasses import dataclass

from augury.application.ports.books import OpenBooks
from augury.domain.identifiers import PredictionId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class FindAccepted:
    """Find the prediction that was accepted under a key which identifies its request without a digest, such
    as a message's id."""

    books: OpenBooks

    async def __call__(self, *, user_id: UserId, key: str) -> PredictionId | None:
        """None if nothing was accepted under this key."""
        async with self.books() as books:
            opened = await books.open([], [(user_id, key)])
        known = opened.remembered.get((user_id, key))
        return None if known is None else PredictionId(known.reference)
