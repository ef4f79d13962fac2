"""Checks the books in the background of a process, on an operator's request."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from augury.application.money.ports import Ledger
from augury.application.operation.ports import MOST_FOUND, LedgerRun, LedgerRuns
from augury.application.ports import Unavailable
from augury.domain.audit import Act, Action, Author
from augury.domain.identifiers import uuid7
from augury.domain.ledger_check import CheckUnderWay
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason

SILENT = timedelta(seconds=60)
"""After this silence, the process of a check counts as dead."""
LOOK_EVERY = 1.0
"""Seconds between two signs of life of a check."""
MOST_LISTED = 20
log = logging.getLogger(__name__)


class CheckBooks:
    """Check all the books in the background. The result and the progress are stored."""

    def __init__(self, ledger: Ledger, runs: LedgerRuns) -> None:
        self._ledger = ledger
        self._runs = runs
        self._task: asyncio.Task[None] | None = None
        """Only one check runs at a time in the whole service. Another one is refused."""

    async def begin(self, author: Author) -> LedgerRun:
        """Raises `CheckUnderWay`."""
        run_id = uuid7()
        act = Act(author=author, action=Action.CHECK_LEDGER, subject="ledger", after={"run": str(run_id)})
        run = await self._runs.begin(run_id, silent_for=SILENT, act=act)
        self._task = asyncio.create_task(self._run(run_id))
        return run

    async def last(self) -> Sequence[LedgerRun]:
        """The last checks, newest first."""
        return await self._runs.last(most=MOST_LISTED, silent_for=SILENT)

    async def until_canceled(self) -> None:
        """Wait until canceled, because the process ends. Then cancel the running check."""
        try:
            await asyncio.Event().wait()
        finally:
            if self._task:
                self._task.cancel()
                await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, run_id: UUID) -> None:
        try:
            await self._watched(run_id)
        except CheckUnderWay:
            await self._runs.end(run_id, deviations=None, failure=Reason.of(ReasonCode.CHECK_UNDER_WAY))
        except Unavailable as error:
            log.warning("a check of the books was interrupted: %s", error)
            await self._broken_off(run_id, Reason.of(ReasonCode.INTERRUPTED, error=str(error)))
        except asyncio.CancelledError:
            await self._broken_off(run_id, Reason.of(ReasonCode.PROCESS_ENDED))
            raise
        except Exception as error:  # otherwise the check would stay under way forever
            log.exception("a check of the books was interrupted")
            await self._broken_off(run_id, Reason.of(ReasonCode.INTERRUPTED, error=str(error)))

    async def _watched(self, run_id: UUID) -> None:
        steps = (0, 0)

        def on_step(done: int, total: int) -> None:
            nonlocal steps
            steps = done, total

        checking = asyncio.ensure_future(self._ledger.verify(on_step))
        try:
            while not checking.done():
                await asyncio.wait([checking], timeout=LOOK_EVERY)
                await self._runs.progress(run_id, done=steps[0], total=steps[1])
        finally:
            checking.cancel()
        report = await checking
        await self._runs.end(run_id, deviations=report.found, found=report.deviations[:MOST_FOUND])

    async def _broken_off(self, run_id: UUID, why: Reason) -> None:
        try:
            await self._runs.end(run_id, deviations=None, failure=why)
        except Unavailable as error:
            log.warning("the end of a check of the books could not be stored: %s", error)
