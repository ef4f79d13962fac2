"""Shared by the use cases that replay and drop dead letters."""

from augury.application.predictions.ports.dead_letters import MOST_LETTERS, DeadLetters
from augury.domain.audit import Act, Action, Author
from augury.domain.dead_letter import DeadLetterNotFound


async def act_on_letters(
    dead_letters: DeadLetters, action: Action, author: Author, *, at_most: int, only: str | None
) -> Act:
    """The entry of the audit log. Raises `DeadLetterNotFound` if no dead letter has the id `only`."""
    if only is None:
        dead = (await dead_letters.lengths()).dead
        return Act(
            author=author,
            action=action,
            subject="dead_letters",
            before={"dead": dead},
            after={"dead": max(dead - at_most, 0)},
        )
    letters = await dead_letters.list(at_most=MOST_LETTERS)
    letter = next((each for each in letters if each.id == only), None)
    if letter is None:
        raise DeadLetterNotFound
    return Act(
        author=author,
        action=action,
        subject=f"dead_letter:{only}",
        before={
            "reason": letter.reason,
            "deaths": letter.deaths,
            "body": letter.body.decode("ascii", "replace"),
        },
    )
