from collections.abc import Callable
from dataclasses import dataclass

from augury.application.money.ports import Ledger, LedgerReport


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyLedger:
    """Recompute every balance from the transfers, and say what deviates. One check at a time."""

    ledger: Ledger

    async def __call__(self, on_step: Callable[[int, int], None] | None = None) -> LedgerReport:
        """The result is remembered. `on_step` hears how many of how many checks are done.

        Raises `CheckUnderWay` where another process checks.
        """
        return await self.ledger.verify(on_step)
