"""Receive a batch slice by slice, before it is accepted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from augury.application.batches.erasing import erase
from augury.application.batches.ports import Batches, BatchStore
from augury.application.limits import Limits
from augury.application.models.ports.models import Models
from augury.application.ports import Clock
from augury.domain.api_key import KeyTerms
from augury.domain.batch import TooManyBatches
from augury.domain.identifiers import BatchId, UserId, uuid7
from augury.domain.model import Model

RETRY_AFTER = 30
"""Seconds that a user with too many unfinished batches is asked to wait."""


class Receipt:
    """A batch that is being received. It is deleted again unless it is `kept`."""

    def __init__(self, batch_id: BatchId, model: Model, top: int | None) -> None:
        self.batch_id = batch_id
        self.model = model
        self.top = top
        """As `ModelFacts.listed`."""
        self.kept = False

    def keep(self) -> None:
        self.kept = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveBatch:
    """Open a place in the store for a batch that is being received."""

    batches: Batches
    store: BatchStore
    models: Models
    clock: Clock
    limits: Limits

    @asynccontextmanager
    async def __call__(
        self,
        *,
        user_id: UserId,
        model: str | None,
        top: int | None = None,
        terms: KeyTerms | None = None,
    ) -> AsyncIterator[Receipt]:
        """`top` is the number of classes that each answer lists, the likeliest first; None: up to
        `Limits.max_classes`. `terms` are the rights of the caller's API key.

        Raises `ModelNotFound`, `ModelNotListed`, `NoClasses`, `TooManyBatches`.
        """
        named = self.limits.default_model if model is None else model
        found = await self.models.get(named, user_id=user_id)
        if terms is not None:
            terms.require_model(found.ref)
        listed = found.facts.listed(top, most=self.limits.max_classes)
        pending = await self.batches.unfinished(user_id)
        if pending >= self.limits.max_batches:
            raise TooManyBatches(pending=pending, most=self.limits.max_batches, retry_after=RETRY_AFTER)
        receipt = Receipt(BatchId(uuid7()), found, listed)
        await self.batches.receive(receipt.batch_id, owner=user_id, at=self.clock.now())
        try:
            yield receipt
        finally:
            if not receipt.kept:
                await erase(receipt.batch_id, batches=self.batches, store=self.store)
