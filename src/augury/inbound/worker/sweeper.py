"""The sweeper's loop. It runs in every worker. The books ensure that only one sweeps at a time."""

import asyncio
import logging
from datetime import timedelta

from augury.application.batches.purge_batches import PurgeBatches
from augury.application.operation.purge_audit_log import PurgeAuditLog
from augury.application.ports import Unavailable
from augury.application.predictions.ports.sweeping import Upkeep
from augury.application.predictions.sweep import Sweep, Swept
from augury.inbound.worker.repeating import repeated

log = logging.getLogger(__name__)


class Sweeper:
    """Takes over from silent workers only after the database has answered it for a whole lease.

    In an outage, no worker can renew its lease. So after an outage each has the time of a lease to renew, or
    to store its results, and no attempt is counted because the database was away. A process that has just
    started does not know of an outage, and waits as long.
    """

    def __init__(
        self,
        sweep: Sweep,
        upkeep: Upkeep,
        purge_batches: PurgeBatches,
        purge_audit_log: PurgeAuditLog,
        *,
        purge_every: timedelta,
    ) -> None:
        self._sweep = sweep
        self._upkeep = upkeep
        self._purge_batches = purge_batches
        self._purge_audit_log = purge_audit_log
        self._every = sweep.limits.sweep_every.total_seconds()
        self._lease = sweep.limits.lease.total_seconds()
        self._answers_since: float | None = None
        self._purge_every = purge_every.total_seconds()

    async def run(self) -> None:
        """Sweep and purge repeatedly, until canceled."""
        await asyncio.gather(
            repeated(self.sweep_up, self._every, "the sweeper"),
            repeated(self._purge, self._purge_every, "the purge"),
        )

    async def sweep_up(self) -> None:
        """Sweep until nothing is left to repair."""
        most = self._sweep.limits.sweep_batch
        while True:
            swept = await self._swept()
            if swept.lost + swept.requeued + swept.ended:
                log.info("republished %d, requeued %d, ended %d", swept.lost, swept.requeued, swept.ended)
            if swept.lost + swept.requeued + swept.ended < most:
                return

    async def _swept(self) -> Swept:
        now = asyncio.get_running_loop().time()
        since = self._answers_since
        try:
            swept = await self._sweep(take_over=since is not None and now - since >= self._lease)
        except Unavailable:
            self._answers_since = None
            raise
        if since is None:
            self._answers_since = asyncio.get_running_loop().time()
        return swept

    async def _purge(self) -> None:
        purged = await self._upkeep.purge()
        log.info("deleted %d expired records", purged)
        if batches := await self._purge_batches():
            log.info("deleted the rows and answers of %d batches", batches)
        if entries := await self._purge_audit_log():
            log.info("deleted %d old entries of the audit log", entries)
