from dataclasses import dataclass

from augury.application.operation.ports import AuditLog
from augury.application.predictions.dead_letters import act_on_letters
from augury.application.predictions.ports.dead_letters import DeadLetters
from augury.domain.audit import Action, Author


@dataclass(frozen=True, slots=True, kw_only=True)
class DropDeadLetters:
    """Delete the oldest messages that could not be handled. No prediction is lost: predictions that are still
    queued get a new message from the sweeper."""

    dead_letters: DeadLetters
    audit_log: AuditLog

    async def __call__(self, *, at_most: int, only: str | None = None, author: Author) -> int:
        """Returns how many were deleted. `only` is the id of the one message to delete. Raises
        `DeadLetterNotFound`.

        The queue has no transaction with the books, so the act is recorded before it is done.
        """
        await self.audit_log.add(
            await act_on_letters(self.dead_letters, Action.DROP, author, at_most=at_most, only=only)
        )
        return await self.dead_letters.drop(at_most=at_most, only=only)
