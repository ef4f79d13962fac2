"""The operator's commands for the books."""

import click

from augury.application.money.verify_ledger import VerifyLedger
from augury.bootstrap.config import OperatorError
from augury.bootstrap.operating import Operator, operates
from augury.bootstrap.progress import progress
from augury.inbound.counts import counted


@click.group()
def ledger() -> None:
    """The books: verify."""


@ledger.command("verify")
@operates
async def verify(operator: Operator) -> None:
    """Recompute every balance from the transfers. Exits with 1 on any deviation."""
    with progress("verifying the books") as on_step:
        report = await VerifyLedger(ledger=operator.ledger)(on_step)
    for deviation in report.deviations:
        click.echo(str(deviation), err=True)
    everything = ", ".join(
        (
            counted(report.users, "balance"),
            counted(report.transfers, "transfer"),
            counted(report.predictions, "prediction"),
        )
    )
    if report.deviations:
        raise OperatorError(f"the books do not balance: {counted(report.found, 'deviation')} in {everything}")
    click.echo(f"the books balance: {everything}")
