"""The operator's commands for the books."""

import click

from augury.application.money.verify_ledger import VerifyLedger
from augury.bootstrap.config import OperatorError
from augury.bootstrap.operating import Operator, operates
from augury.bootstrap.progress import progress


@click.group()
def ledger() -> None:
    """The books."""


@ledger.command("verify")
@operates
async def verify(operator: Operator) -> None:
    """Recompute every balance from the transfers. Exits with 1 on any deviation."""
    with progress("verifying the books") as on_step:
        report = await VerifyLedger(ledger=operator.ledger)(on_step)
    for deviation in report.deviations:
        click.echo(deviation, err=True)
    counted = f"{report.users} balances, {report.transfers} transfers, {report.predictions} predictions"
    if report.deviations:
        raise OperatorError(f"the books do not balance: {report.found} deviations in {counted}")
    click.echo(f"the books balance: {counted}")
