"""The operator's commands for the books."""

import click
from dishka import AsyncContainer

from augury.application.money.verify_ledger import VerifyLedger
from augury.bootstrap.config import OperatorError
from augury.bootstrap.operating import operates


@click.group()
def ledger() -> None:
    """The books."""


@ledger.command("verify")
@operates
async def verify(container: AsyncContainer) -> None:
    """Recompute every balance from the transfers. Exits with 1 on any deviation."""
    from rich.progress import Progress

    with Progress(transient=True) as progress:
        task = progress.add_task("verifying the books", total=None)
        report = await (await container.get(VerifyLedger))(
            lambda done, total: progress.update(task, completed=done, total=total)
        )
    for deviation in report.deviations:
        click.echo(deviation, err=True)
    counted = f"{report.users} balances, {report.transfers} transfers, {report.predictions} predictions"
    if report.deviations:
        raise OperatorError(f"the books do not balance: {report.found} deviations in {counted}")
    click.echo(f"the books balance: {counted}")
