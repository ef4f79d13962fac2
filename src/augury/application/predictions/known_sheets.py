"""The sheets of the batches whose slices this process has just run."""

from datetime import timedelta

from augury.application.batches.ports import SHEET, BatchStore
from augury.concurrency.recent import Recent
from augury.domain.identifiers import BatchId

MOST = 8
"""Sheets that are kept. Beyond that, the least recently used are dropped."""
LIFETIME = timedelta(minutes=10)


class KnownSheets:
    """All slices of a batch have the same sheet, which never changes. A worker usually runs several of them
    one after another."""

    def __init__(self, store: BatchStore) -> None:
        self._store = store
        self._recent: Recent[BatchId, bytes] = Recent(most=MOST, lifetime=LIFETIME)

    async def of(self, batch_id: BatchId) -> bytes:
        """Raises `NotStored`."""
        sheet = self._recent.get(batch_id)
        if sheet is None:
            sheet = await self._store.get(batch_id, SHEET)
            self._recent.put(batch_id, sheet)
        return sheet
