from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from typing_extensions import override

from augury.application.limits import Limits
from augury.application.money.ports import Ledger, LedgerCheck, LedgerReport
from augury.domain.balance import Balance
from augury.domain.errors import DomainError
from augury.domain.prediction import Prediction, Status
from augury.domain.transfer import Account, TransferKind
from augury.outbound.memory.memory import Memory, State

LAST = "last"
Check = Callable[[State], Iterator[str]]


@dataclass(frozen=True, slots=True)
class MemoryLedger(Ledger):
    memory: Memory
    limits: Limits

    @override
    async def verify(self, on_step: Callable[[int, int], None] | None = None) -> LedgerReport:
        state, deviations = self.memory.state, list[str]()
        overdue = self.memory.now() - self.limits.longest_abandoned
        checks: list[Check] = [*CHECKS, partial(_abandoned, overdue=overdue)]
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


def _wrong_balances(state: State) -> Iterator[str]:
    expected = {user_id: Balance(user_id) for user_id in (*state.balances, *state.users)}
    for line in state.statements.values():
        for user_id in (line.transfer.user_id, line.transfer.to_user_id):
            if user_id is None:
                continue
            try:
                expected[user_id] = expected.get(user_id, Balance(user_id)).after(line.transfer)
            except DomainError as error:
                yield f"transfer {line.sequence} of user {user_id}: {error}"
    pending = Counter(
        record.prediction.user_id
        for record in state.predictions.values()
        if not record.prediction.status.is_final and record.place is None
    )
    for user_id in sorted(expected.keys() | pending.keys()):
        wanted = expected.get(user_id, Balance(user_id))
        wanted = Balance(user_id, wanted.available, wanted.held, pending[user_id], wanted.debt)
        found = state.balances.get(user_id)
        if found is None and state.users[user_id].user.closed_at:
            found = Balance(user_id)
        if found != wanted:
            yield f"balance of user {user_id}: {_in_words(found)}, its transfers say {_in_words(wanted)}"


def _wrong_sum(state: State) -> Iterator[str]:
    house = Counter[Account]()
    for line in state.statements.values():
        house[line.transfer.kind.source] -= line.transfer.amount
        house[line.transfer.kind.target] += line.transfer.amount
    given = -house[Account.FUNDING] - house[Account.PROMOTION]
    kept = sum(balance.available + balance.held - balance.debt for balance in state.balances.values())
    if given != kept + house[Account.REVENUE]:
        yield f"all books: {given} given, {kept} with users, {house[Account.REVENUE]} earned"


def _wrong_settlements(state: State) -> Iterator[str]:
    def moved(prediction: Prediction, kind: TransferKind) -> int:
        line = state.statements.get((prediction.id, kind))
        return line.transfer.amount if line else 0

    for record in state.predictions.values():
        prediction = record.prediction
        held = moved(prediction, TransferKind.HOLD)
        captured = moved(prediction, TransferKind.CAPTURE)
        released = moved(prediction, TransferKind.RELEASE)
        rest = prediction.price - prediction.charged if prediction.status.is_final else 0
        if (held, captured, released) != (prediction.price, prediction.charged, rest):
            yield f"prediction {prediction.id}: held {held}, captured {captured}, released {released}"


def _abandoned(state: State, *, overdue: datetime) -> Iterator[str]:
    for record in state.predictions.values():
        if record.prediction.status is Status.PROCESSING and record.due_at < overdue:
            yield f"prediction {record.prediction.id} is processing, but its lease ended at {record.due_at}"


def _wrong_refunds(state: State) -> Iterator[str]:
    for (reference, kind), line in state.statements.items():
        captured = state.statements.get((reference, TransferKind.CAPTURE))
        most = captured.transfer.amount if captured else 0
        if kind is TransferKind.REFUND and line.transfer.amount > most:
            yield f"prediction {reference}: {line.transfer.amount} refunded, but {most} captured"


def _wrong_debts(state: State) -> Iterator[str]:
    def amount(reference: UUID, kind: TransferKind) -> int:
        line = state.statements.get((reference, kind))
        return line.transfer.amount if line else 0

    for (reference, kind), line in state.statements.items():
        if kind is TransferKind.DEBT:
            owed, taken = line.transfer.amount, amount(reference, TransferKind.REVERSAL)
            paid = amount(reference, TransferKind.TOP_UP)
            if owed + taken > paid:
                yield f"payment {reference}: {owed} owed and {taken} reversed, but {paid} paid"


def _wrong_promo_codes(state: State) -> Iterator[str]:
    times, grants = Counter[str](), Counter[str]()
    for (code, _), reference in state.redemptions.items():
        times[code] += 1
        grants[code] += (reference, TransferKind.GRANT) in state.statements
    for code, promo_code in state.promo_codes.items():
        if (promo_code.used, promo_code.used) != (times[code], grants[code]):
            yield (
                f"promo code {code}: used {promo_code.used} times, "
                f"redeemed {times[code]} times with {grants[code]} grants"
            )


def _in_words(balance: Balance | None) -> str:
    if balance is None:
        return "none"
    return (
        f"{balance.available} available, {balance.held} held, {balance.pending} pending, {balance.debt} owed"
    )


CHECKS = (_wrong_balances, _wrong_sum, _wrong_settlements, _wrong_refunds, _wrong_debts, _wrong_promo_codes)
