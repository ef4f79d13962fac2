from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from augury.application.money.ports import Balances, Statement
from augury.domain.balance import Balance
from augury.domain.identifiers import UserId
from augury.outbound.memory.memory import Memory


@dataclass(frozen=True, slots=True)
class MemoryBalances(Balances):
    memory: Memory

    @override
    async def of(self, user_id: UserId) -> Balance:
        return self.memory.state.balances.get(user_id, Balance(user_id))

    @override
    async def statement(
        self, user_id: UserId, *, limit: int, before: int | None = None
    ) -> Sequence[Statement]:
        lines = [
            line
            for line in reversed(self.memory.state.statements.values())
            if user_id in (line.transfer.user_id, line.transfer.to_user_id)
            and (before is None or line.sequence < before)
        ]
        return lines[:limit]
