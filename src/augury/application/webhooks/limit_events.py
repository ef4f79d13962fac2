"""Sends webhooks the refusals of spending limits. The use cases that accept work share this."""

import logging
from datetime import timedelta
from uuid import UUID

from augury.application.ports import Unavailable
from augury.application.webhooks.ports import WebhookOutbox
from augury.concurrency.recent import Recent
from augury.domain.api_key import SpendingLimitReached
from augury.domain.identifiers import UserId
from augury.domain.webhook import EventType
from augury.domain.webhook_delivery import Facts

MOST = 10_000
"""Limits that a process remembers. Beyond that, the least recently used are dropped."""
A_DAY = timedelta(days=1)
log = logging.getLogger(__name__)


class LimitEvents:
    """One instance per process. Only the first refusal of a limit in a period costs a statement."""

    def __init__(self, outbox: WebhookOutbox) -> None:
        self._outbox = outbox
        self._told: Recent[str, bool] = Recent(most=MOST, lifetime=A_DAY)

    async def reached(self, user_id: UserId, key_id: UUID, refusal: SpendingLimitReached) -> None:
        """Never raises. If the event cannot be stored now, the next refusal tries again."""
        once = f"{key_id} {refusal.period} {refusal.resets_at.isoformat()} {refusal.limit}"
        if self._told.get(once):
            return
        facts: Facts = {
            "api_key": str(key_id),
            "period": refusal.period,
            "limit": refusal.limit,
            "spent": refusal.spent,
            "resets_at": refusal.resets_at.isoformat(),
        }
        try:
            await self._outbox.put(user_id, EventType.LIMIT_REACHED, facts, once=once)
        except Unavailable as error:
            log.warning("webhooks get no event for a spending limit: %s", error)
        else:
            self._told.put(once, True)
