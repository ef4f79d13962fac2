"""Pick by turn, predict, settle: what a worker does with the bulk lane."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from augury.application.ports import Unavailable
from augury.application.predictions.execution import Execution
from augury.application.predictions.lease import Lease, patiently
from augury.application.predictions.ports.predictor import Turn
from augury.application.predictions.ports.work import Claimed
from augury.domain.identifiers import PredictionId
from augury.domain.lane import Lane

MOST = 256
"""The most predictions that one turn runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNext:
    """Run the next work of the bulk lane, and settle its price."""

    execution: Execution
    handing_back: set[asyncio.Task[None]] = field(init=False, default_factory=set, compare=False)
    """Tasks that wait for the end of an outage, one for each pick that may have been recorded."""

    async def __call__(self, *, turn: Turn = nullcontext, short: bool = False) -> Sequence[PredictionId]:
        """Run the oldest predictions of the user whose turn it is, up to one slice. Returns their ids; none
        if nothing waits.

        A prediction larger than a slice is run slice by slice, or not at all with `short`. Each slice has its
        `turn`.

        While the books cannot be reached, it waits. After the limit, it hands back all predictions that it
        has not predicted, and raises `Unavailable`. It also raises `PredictTimedOut`. If canceled, it hands
        back the predictions that it has picked.
        """
        token = uuid4()
        picking = asyncio.ensure_future(self._pick(token, short=short))
        try:
            claimed = await asyncio.shield(picking)
            if claimed:
                lease = Lease(self.execution.work, token, self.execution.limits.lease)
                async with self.execution.predicted(lease, token, claimed, Lane.BULK, turn) as settle:
                    await settle()
        except asyncio.CancelledError:
            with suppress(Unavailable):  # a canceled pick would not report what it has begun, so let it end
                await self.execution.hand_back(token, [claim.prediction.id for claim in await picking])
            raise
        return [claim.prediction.id for claim in claimed]

    async def _pick(self, token: UUID, *, short: bool) -> Sequence[Claimed]:
        limits, work = self.execution.limits, self.execution.work
        try:
            return await work.pick(
                token=token, lease=limits.lease, most=MOST, most_cost=limits.slice_rows, short=short
            )
        except Unavailable:  # the books may have recorded the pick, but the attempt must not count
            self._hand_back_after_the_outage(token)
            raise

    def _hand_back_after_the_outage(self, token: UUID) -> None:
        """Returns at once, so that the ticket is given back in the meantime."""
        task = asyncio.create_task(
            patiently(lambda: self._hand_back(token), "handing back an uncertain pick")
        )
        self.handing_back.add(task)
        task.add_done_callback(self.handing_back.discard)

    async def _hand_back(self, token: UUID) -> None:
        work = self.execution.work
        if begun := await work.run_of(token):
            await work.hand_back(token, begun)
