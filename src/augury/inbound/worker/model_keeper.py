"""Checks model files that were sent, and stores the counts and the speeds of versions. It runs in every
worker.
"""

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta

from augury.application.models.check_model import CheckModel
from augury.application.models.purge_model_files import PurgeModelFiles
from augury.application.models.store_speeds import StoreSpeeds
from augury.application.models.store_usage import StoreUsage
from augury.application.ports import Unavailable
from augury.domain.model import ModelState
from augury.inbound.worker.repeating import repeated

STORE_EVERY = 1.0
"""Seconds between two stores of the counts and the speeds of versions."""
log = logging.getLogger(__name__)


class ModelKeeper:
    """Checks one file after the other."""

    def __init__(
        self,
        check_model: CheckModel,
        purge: PurgeModelFiles,
        store_usage: StoreUsage,
        store_speeds: StoreSpeeds,
        *,
        every: timedelta,
        purge_every: timedelta,
    ) -> None:
        self._check_model = check_model
        self._store_usage = store_usage
        self._store_speeds = store_speeds
        self._purge_model_files = purge
        self._every = every.total_seconds()
        self._purge_every = purge_every.total_seconds()

    async def run(self) -> None:
        """Check, store the counts and purge repeatedly, until canceled. Then store the last counts."""
        try:
            await self._run()
        finally:
            with suppress(Unavailable):
                await self._store_usage()

    async def _run(self) -> None:
        await asyncio.gather(
            repeated(self._store_usage, STORE_EVERY, "the store of counts"),
            repeated(self._store_speeds, STORE_EVERY, "the store of speeds"),
            repeated(self.check_all, self._every, "the check of models"),
            repeated(self._purge, self._purge_every, "the purge of model files"),
        )

    async def check_all(self) -> None:
        """Check until nothing is left."""
        while upload := await self._check_model():
            if upload.state is ModelState.REFUSED:
                log.warning("the file for %s was refused: %s", upload.ref, upload.reason)
            else:
                log.info("the file for %s was checked and can be served", upload.ref)

    async def _purge(self) -> None:
        if files := await self._purge_model_files():
            log.info("deleted %d model files that no version needs", files)
