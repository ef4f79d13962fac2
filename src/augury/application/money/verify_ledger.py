from collections.abc import Callable
from dataclasses import dataclass

from augury.application.money.ports import Ledger, LedgerReport


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyLedger:
    """Recompute every balance from the transfers and report deviations. Only one check runs at a time."""

    ledger: Ledger

    async def __call__(self, on_step: Callable[[int, int], None] | None = None) -> LedgerReport:
        """The result is stored. `on_step` is called with the number of checks done and their total.

        Raises `CheckUnderWay` if another process is running a check.
        """
        return await self.ledger.verify(on_step)
