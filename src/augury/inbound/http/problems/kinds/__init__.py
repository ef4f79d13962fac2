"""The kinds of problems that the API answers domain errors with: status, name, title and words of each."""

from collections.abc import Mapping

from augury.domain.errors import DomainError
from augury.inbound.http.problems.kinds import batches, chats, models, money, people, predictions, webhooks
from augury.inbound.http.problems.refusals import Kind

SUBJECTS = (batches, chats, models, money, people, predictions, webhooks)

KINDS: Mapping[type[DomainError], Kind] = {
    error: kind for subject in SUBJECTS for error, kind in subject.KINDS.items()
}
