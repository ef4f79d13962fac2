"""Prints an account for `augury user show`."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import click

from augury.application.money.ports import Statement
from augury.application.predictions.ports.reads import StoredPrediction
from augury.bootstrap.cli.listing import Entry, echo_json, one_line, plain, show
from augury.bootstrap.operating import Operator
from augury.domain.balance import Balance
from augury.domain.user import User
from augury.inbound.counts import counted

TRANSFERS = ("kind", "amount", "reference", "created_at")
PREDICTIONS = ("id", "status", "model", "rows", "price", "charged", "refunded", "created_at")


@dataclass(frozen=True, slots=True)
class AccountEntry:
    user: User
    balance: Balance
    statement: Sequence[Statement]
    predictions: Sequence[StoredPrediction]


async def look_up(operator: Operator, user: User, *, limit: int) -> AccountEntry:
    return AccountEntry(
        user,
        await operator.balances.of(user.id),
        await operator.balances.statement(user.id, limit=limit),
        (await operator.predictions.page(user.id, limit=limit)).items,
    )


def show_account(account: AccountEntry, *, as_json: bool) -> None:
    """Print one object with `as_json`. In a pipe, each line begins with its kind: `account`, `transfer` or
    `prediction`. On a terminal, print lines and two tables."""
    facts = _facts(account)
    transfers = [_transfer(line) for line in account.statement]
    predictions = [_prediction(each) for each in account.predictions]
    if as_json:
        whole: dict[str, object] = {
            **plain(facts),
            "transfers": [plain(each) for each in transfers],
            "predictions": [plain(each) for each in predictions],
        }
        echo_json(whole)
    elif sys.stdout.isatty():
        for name, value in facts.items():
            click.echo(f"{name.replace('_', ' ')}: {_shown(value)}")
        show(transfers, columns=TRANSFERS, as_json=False)
        show(predictions, columns=PREDICTIONS, as_json=False)
    else:
        click.echo(one_line("account", facts))
        for each in transfers:
            click.echo(one_line("transfer", each))
        for each in predictions:
            click.echo(one_line("prediction", each))


def balance_in_words(balance: Balance) -> str:
    """The available credits, and the debt that claims them, if there is one."""
    owed = f" and owes {balance.debt:,}" if balance.debt else ""
    return f"{counted(balance.available, 'credit')} available{owed}"


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "-" if value is None else str(value)


def _facts(account: AccountEntry) -> Entry:
    user, balance = account.user, account.balance
    return {
        "id": str(user.id),
        "email": user.email,
        "role": user.role,
        "created_at": user.created_at,
        "blocked_at": user.blocked_at,
        "available": balance.available,
        "held": balance.held,
        "pending": balance.pending,
        "debt": balance.debt,
    }


def _transfer(line: Statement) -> Entry:
    transfer = line.transfer
    return {
        "kind": transfer.kind,
        "amount": transfer.amount,
        "reference": str(transfer.reference),
        "created_at": line.created_at,
    }


def _prediction(stored: StoredPrediction) -> Entry:
    prediction = stored.prediction
    return {
        "id": str(prediction.id),
        "status": prediction.status,
        "model": str(prediction.model),
        "rows": prediction.rows,
        "price": prediction.price,
        "charged": prediction.charged,
        "refunded": stored.refunded,
        "created_at": prediction.created_at,
    }
