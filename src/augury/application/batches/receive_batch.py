"""Receive a batch slice by slice, before it is accepted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from augury.application.batches.erasing import erase
from augury.application.batches.ports import Batches, BatchStore, OpenBatchBooks
from augury.application.batches.room import require_room
from augury.application.limits import Limits
from augury.application.models.ports.models import Models
from augury.application.ports import Clock
from augury.domain.api_key import KeyTerms
from augury.domain.batch import Batch, BatchNotFound
from augury.domain.identifiers import BatchId, UserId, uuid7
from augury.domain.model import Model


class Receipt:
    """A batch that is being received. It is deleted again unless it is accepted."""

    def __init__(self, batch_id: BatchId, model: Model, top: int | None) -> None:
        self.batch_id = batch_id
        self.model = model
        self.top = top
        """As `ModelFacts.listed`."""
        self.kept = False

    def keep(self) -> None:
        """Note that it was accepted. Without this, the end of the receipt looks it up."""
        self.kept = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveBatch:
    """Open a place in the store for a batch that is being received."""

    batches: Batches
    books: OpenBatchBooks
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
        key: str | None = None,
    ) -> AsyncIterator[Receipt]:
        """`top` is the number of classes that each answer lists, the likeliest first; None: up to
        `Limits.max_classes`. `terms` are the rights of the caller's API key. `key` is the name of the
        request's idempotency key: if a batch was accepted under it, neither the number of unfinished batches
        nor a change of the models since then matters, and `AcceptBatch` compares the requests.

        Raises `ModelNotFound`, `ModelNotListed`, `NoClasses`, `TooManyBatches`.
        """
        named = self.limits.default_model if model is None else model
        earlier = None if key is None else await self._accepted_as(user_id, key)
        if earlier is not None and named in (earlier.model.name, str(earlier.model)):
            found = await self.models.version(earlier.model)
        else:
            found = await self.models.get(named, user_id=user_id)
        if terms is not None:
            terms.require_model(found.ref)
        listed = found.facts.listed(top, most=self.limits.max_classes)
        if earlier is None:
            require_room(await self.batches.unfinished(user_id), self.limits)
        receipt = Receipt(BatchId(uuid7()), found, listed)
        await self.batches.receive(receipt.batch_id, owner=user_id, at=self.clock.now())
        try:
            yield receipt
        finally:
            if not receipt.kept and await self.batches.give_up(receipt.batch_id):
                await erase(receipt.batch_id, batches=self.batches, store=self.store)

    async def _accepted_as(self, user_id: UserId, key: str) -> Batch | None:
        async with self.books() as books:
            known = (await books.open([], [(user_id, key)])).remembered.get((user_id, key))
        if known is None:
            return None
        try:
            return (await self.batches.get(BatchId(known.reference), owner=user_id)).batch
        except BatchNotFound:  # it was the key of another kind of request
            return None
