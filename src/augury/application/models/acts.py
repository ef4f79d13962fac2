"""Entries of the audit log about versions of models."""

from augury.application.models.ports.models import ActOnModel
from augury.domain.audit import Act, Action, Author, Values
from augury.domain.model import Model


def values_of(model: Model) -> Values:
    """The properties of a version that an operator can change."""
    return {
        "state": model.state,
        "share": model.share,
        "row_price": model.row_price,
        "text_price": model.text_price,
        "explain_price": model.explain_price,
        "unsure_below": model.facts.unsure_below,
    }


def act_on(author: Author | None, action: Action) -> ActOnModel | None:
    """An entry with only the changed values. None without an author."""
    if author is None:
        return None

    def made(before: Model, after: Model) -> Act:
        old, new = values_of(before), values_of(after)
        changed = [name for name in new if old[name] != new[name]]
        return Act(
            author=author,
            action=action,
            subject=f"model:{after.ref}",
            before={name: old[name] for name in changed},
            after={name: new[name] for name in changed},
        )

    return made
