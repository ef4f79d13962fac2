"""Pick by turn, predict, settle: what a worker does with the bulk lane."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID, uuid4

from augury.application.ports import Unavailable
from augury.application.predictions.execution import Execution
from augury.application.predictions.lease import Lease
from augury.application.predictions.ports import Claimed
from augury.domain.lane import Lane

MOST = 256
"""Predictions that one turn runs at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNext:
    """Run the next work of the bulk lane, and settle its price."""

    execution: Execution

    async def __call__(self) -> int:
        """Run the oldest predictions of the user whose turn it is, up to one slice. Returns how many; 0 if
        nothing waits.

        While the books cannot be reached, it waits. After that, it hands back all predictions that it has not
        predicted, and raises `Unavailable`. It also raises `PredictTimedOut`. If canceled, it hands back what
        it has picked.
        """
        token = uuid4()
        picking = asyncio.ensure_future(self._pick(token))
        try:
            claimed = await asyncio.shield(picking)
            if claimed:
                lease = Lease(self.execution.work, token, self.execution.limits.lease)
                async with self.execution.predicted(lease, token, claimed, Lane.BULK) as settle:
                    await settle()
        except asyncio.CancelledError:
            with suppress(Unavailable):  # a canceled pick would not report what it has begun, so let it end
                await self.execution.hand_back(token, [claim.prediction.id for claim in await picking])
            raise
        return len(claimed)

    async def _pick(self, token: UUID) -> Sequence[Claimed]:
        limits = self.execution.limits
        return await self.execution.work.pick(
            token=token, lease=limits.lease, most=MOST, most_cost=limits.slice_rows
        )
