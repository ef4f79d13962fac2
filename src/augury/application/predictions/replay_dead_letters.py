from dataclasses import dataclass

from augury.application.predictions.ports import DeadLetters


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayDeadLetters:
    """Put the oldest messages that could not be handled on the queue again. Nobody is charged twice: final
    predictions are skipped."""

    dead_letters: DeadLetters

    async def __call__(self, *, at_most: int) -> int:
        """Returns how many were put there."""
        return await self.dead_letters.replay(at_most=at_most)
