from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from typing_extensions import override

from augury.application.limits import Limits
from augury.application.money.ports import Ledger, LedgerCheck, LedgerReport
from augury.domain.balance import Balance
from augury.domain.deviation import Deviation, DeviationCode
from augury.domain.errors import DomainError
from augury.domain.prediction import Prediction, Status
from augury.domain.transfer import Account, TransferKind
from augury.outbound.memory.memory import Memory, State

LAST = "last"
Check = Callable[[State], Iterator[Deviation]]


@dataclass(frozen=True, slots=True)
class MemoryLedger(Ledger):
    memory: Memory
    limits: Limits

    @override
    async def verify(self, on_step: Callable[[int, int], None] | None = None) -> LedgerReport:
        state, deviations = self.memory.state, list[Deviation]()
        most = self.limits.longest_abandoned
        checks: list[Check] = [*CHECKS, partial(_abandoned, now=self.memory.now(), most=most)]
        for number, check in enumerate(checks, 1):
            deviations += check(state)
            if on_step:
                on_step(number, len(checks))
        async with self.memory.change() as changed:
            changed.ledger_checks[LAST] = LedgerCheck(self.memory.now(), len(deviations))
        return LedgerReport(
            users=len(state.users),
            transfers=len(state.statements),
            predictions=len(state.predictions),
            found=len(deviations),
            deviations=deviations,
        )

    @override
    async def last_check(self) -> LedgerCheck | None:
        return self.memory.state.ledger_checks.get(LAST)


def _wrong_balances(state: State) -> Iterator[Deviation]:
    expected = {user_id: Balance(user_id) for user_id in (*state.balances, *state.users)}
    for line in state.statements.values():
        for user_id in (line.transfer.user_id, line.transfer.to_user_id):
            if user_id is None:
                continue
            try:
                expected[user_id] = expected.get(user_id, Balance(user_id)).after(line.transfer)
            except DomainError:
                code = DeviationCode.IMPOSSIBLE_TRANSFER
                yield Deviation.of(code, sequence=line.sequence, user=str(user_id))
    pending = Counter(
        record.prediction.user_id
        for record in state.predictions.values()
        if not record.prediction.status.is_final and record.place is None
    )
    for user_id in sorted(expected.keys() | pending.keys()):
        wanted = expected.get(user_id, Balance(user_id))
        wanted = Balance(user_id, wanted.available, wanted.held, pending[user_id], wanted.debt)
        found = state.balances.get(user_id)
        if found is None and not state.users[user_id].user.closed_at:
            yield Deviation.of(DeviationCode.NO_BALANCE, user=str(user_id))
        if (found or Balance(user_id)) != wanted:
            yield _wrong_balance(found or Balance(user_id), wanted)


def _wrong_sum(state: State) -> Iterator[Deviation]:
    house = Counter[Account]()
    for line in state.statements.values():
        house[line.transfer.kind.source] -= line.transfer.amount
        house[line.transfer.kind.target] += line.transfer.amount
    given = -house[Account.FUNDING] - house[Account.PROMOTION]
    kept = sum(balance.available + balance.held - balance.debt for balance in state.balances.values())
    if given != kept + house[Account.REVENUE]:
        revenue = house[Account.REVENUE]
        yield Deviation.of(DeviationCode.ALL_BOOKS, given=given, kept=kept, revenue=revenue)


def _wrong_settlements(state: State) -> Iterator[Deviation]:
    def moved(prediction: Prediction, kind: TransferKind) -> int:
        line = state.statements.get((prediction.id, kind))
        return line.transfer.amount if line else 0

    for record in state.predictions.values():
        prediction = record.prediction
        found = {
            "held": moved(prediction, TransferKind.HOLD),
            "captured": moved(prediction, TransferKind.CAPTURE),
            "released": moved(prediction, TransferKind.RELEASE),
        }
        rest = prediction.price - prediction.charged if prediction.status.is_final else 0
        said = {"held": prediction.price, "captured": prediction.charged, "released": rest}
        if found != said:
            yield Deviation.of(
                DeviationCode.SETTLEMENT,
                prediction=str(prediction.id),
                user=str(prediction.user_id),
                status=prediction.status.value,
                **found,
                **{f"said_{name}": each for name, each in said.items()},
            )


def _abandoned(state: State, *, now: datetime, most: timedelta) -> Iterator[Deviation]:
    for record in state.predictions.values():
        if record.prediction.status is Status.PROCESSING and record.due_at < now - most:
            seconds = round((now - record.due_at).total_seconds())
            code, prediction = DeviationCode.ABANDONED, str(record.prediction.id)
            yield Deviation.of(code, prediction=prediction, seconds=seconds)


def _wrong_refunds(state: State) -> Iterator[Deviation]:
    for (reference, kind), line in state.statements.items():
        captured = state.statements.get((reference, TransferKind.CAPTURE))
        most = captured.transfer.amount if captured else 0
        if kind is TransferKind.REFUND and line.transfer.amount > most:
            refunded, prediction = line.transfer.amount, str(reference)
            yield Deviation.of(DeviationCode.REFUND, prediction=prediction, refunded=refunded, captured=most)


def _wrong_debts(state: State) -> Iterator[Deviation]:
    def amount(reference: UUID, kind: TransferKind) -> int:
        line = state.statements.get((reference, kind))
        return line.transfer.amount if line else 0

    for (reference, kind), line in state.statements.items():
        if kind is TransferKind.DEBT:
            owed, taken = line.transfer.amount, amount(reference, TransferKind.REVERSAL)
            paid = amount(reference, TransferKind.TOP_UP)
            if owed + taken > paid:
                code, payment = DeviationCode.DEBT, str(reference)
                yield Deviation.of(code, payment=payment, owed=owed, reversed=taken, paid=paid)


def _wrong_promo_codes(state: State) -> Iterator[Deviation]:
    times, grants = Counter[str](), Counter[str]()
    for code, reference in {(code, reference) for (code, _), reference in state.redemptions.items()}:
        times[code] += 1
        grants[code] += (reference, TransferKind.GRANT) in state.statements
    for code, promo_code in state.promo_codes.items():
        if (promo_code.used, promo_code.used) != (times[code], grants[code]):
            used, redeemed = promo_code.used, times[code]
            yield Deviation.of(
                DeviationCode.PROMO_CODE, promo=code, used=used, redeemed=redeemed, grants=grants[code]
            )


def _wrong_balance(found: Balance, said: Balance) -> Deviation:
    names = ("available", "held", "pending", "debt")
    return Deviation.of(
        DeviationCode.BALANCE,
        user=str(found.user_id),
        **{name: getattr(found, name) for name in names},
        **{f"said_{name}": getattr(said, name) for name in names},
    )


CHECKS = (_wrong_balances, _wrong_sum, _wrong_settlements, _wrong_refunds, _wrong_debts, _wrong_promo_codes)
