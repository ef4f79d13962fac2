"""The sheets of the batches whose slices this process has just run."""

from datetime import timedelta

from augury.application.batches.ports import SHEET, BatchStore
from augury.concurrency.recent import Recent
from augury.domain.identifiers import BatchId

MOST = 8
"""Sheets that are kept. Beyond that, those used longest ago are dropped."""
LIFETIME = timedelta(minutes=10)


class KnownSheets:
    """All slices of a batch have one sheet, which never changes, and they follow each other."""

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
