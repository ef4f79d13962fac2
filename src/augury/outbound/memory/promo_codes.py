"""Promo codes: separately, and as part of a transaction over the books."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from typing_extensions import override

from augury.application.money.ports import PromoCodes
from augury.domain.audit import Act
from augury.domain.identifiers import UserId
from augury.domain.promo_code import PromoCode, PromoCodeNotFound, PromoCodeTaken
from augury.domain.transfer import Transfer
from augury.outbound.memory.audit_log import note
from augury.outbound.memory.memory import Memory, State


@dataclass(frozen=True, slots=True)
class MemoryPromoCodes(PromoCodes):
    memory: Memory

    @override
    async def add(self, promo_code: PromoCode, *, act: Act | None = None) -> None:
        async with self.memory.change() as state:
            if promo_code.code in state.promo_codes:
                raise PromoCodeTaken(code=promo_code.code)
            state.promo_codes[promo_code.code] = promo_code
            note(state, self.memory.now(), act)

    @override
    async def get(self, code: str) -> PromoCode:
        return _known(self.memory.state, code)

    @override
    async def change(self, promo_code: PromoCode, *, act: Act | None = None) -> None:
        async with self.memory.change() as state:
            known = _known(state, promo_code.code)
            state.promo_codes[known.code] = replace(known, disabled_at=promo_code.disabled_at)
            note(state, self.memory.now(), act)

    @override
    async def page(self, *, limit: int, after: str | None = None) -> Sequence[PromoCode]:
        known = self.memory.state.promo_codes
        return [known[code] for code in sorted(known) if after is None or code > after][:limit]


def look_up(state: State, code: str, user_id: UserId) -> tuple[PromoCode, bool]:
    return _known(state, code), (code, user_id) in state.redemptions


def redeem(state: State, promo_code: PromoCode, grant: Transfer) -> None:
    state.promo_codes[promo_code.code] = promo_code
    state.redemptions[promo_code.code, grant.user_id] = grant.reference


def _known(state: State, code: str) -> PromoCode:
    promo_code = state.promo_codes.get(code)
    if promo_code is None:
        raise PromoCodeNotFound
    return promo_code
