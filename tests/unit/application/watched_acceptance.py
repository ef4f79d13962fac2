"""An acceptance in which something happens between decision and recording."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from typing_extensions import override

from augury.application.ports import Unavailable
from augury.application.ports.books import Opened
from augury.application.predictions.ports.acceptance import NO_SPENDING, Acceptance, Accepted
from augury.domain.balance import Balance
from augury.domain.identifiers import UserId
from augury.domain.premise import Premise, SpendingPremise
from augury.domain.transfer import Transfer

Event = Callable[[], Awaitable[object]]


@dataclass
class Watched(Acceptance):
    """Lets something happen between decision and recording, and counts."""

    inner: Acceptance
    meanwhile: Sequence[Event] = ()
    reads: int = 0
    accepts: int = 0
    refused_after: int | None = field(default=None, kw_only=True)
    """After so many recordings, the books are away."""

    @override
    async def read(
        self,
        user_ids: Collection[UserId],
        keys: Collection[tuple[UserId, str]] = (),
        spenders: Collection[UUID] = (),
    ) -> Opened:
        self.reads += 1
        if self.accepts == self.refused_after:
            raise Unavailable("away")
        return await self.inner.read(user_ids, keys, spenders)

    @override
    async def accept(
        self,
        accepted: Sequence[Accepted],
        transfers: Sequence[Transfer],
        premises: Mapping[UserId, Premise],
        spending: Mapping[UUID, SpendingPremise] = NO_SPENDING,
    ) -> Mapping[UserId, Balance]:
        self.accepts += 1
        if len(self.meanwhile) >= self.accepts:
            await self.meanwhile[self.accepts - 1]()
        return await self.inner.accept(accepted, transfers, premises, spending)
