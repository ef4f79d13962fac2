from dataclasses import dataclass

from augury.application.ports import OpenBooks
from augury.domain.identifiers import PredictionId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class FindAccepted:
    """Find what was accepted under a key that names its request without a digest, as a message's id does."""

    books: OpenBooks

    async def __call__(self, *, user_id: UserId, key: str) -> PredictionId | None:
        """None where nothing was accepted under this key."""
        async with self.books() as books:
            opened = await books.open([], [(user_id, key)])
        known = opened.remembered.get((user_id, key))
        return None if known is None else PredictionId(known.reference)
