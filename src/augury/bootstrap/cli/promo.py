"""The operator's commands for promo codes."""

import re
from datetime import timedelta

import click
from typing_extensions import override

from augury.application.money.change_promo_code import ChangePromoCode
from augury.application.money.create_promo_code import MOST_EXPIRES_IN, CreatePromoCode
from augury.bootstrap.cli.listing import Entry, json_option, show
from augury.bootstrap.operating import Operator, operates
from augury.domain.promo_code import MOST_REDEMPTIONS
from augury.domain.transfer import MOST_CREDITS
from augury.inbound.counts import counted

PAGE = 500
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
_DURATION = re.compile(r"([1-9][0-9]{0,8})([smhdw])")


class Duration(click.ParamType[timedelta]):
    """A time span: `90s`, `15m`, `12h`, `30d`, `2w`."""

    name = "duration"

    @override
    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = _DURATION.fullmatch(value)
        if found is None:
            self.fail(f"{value!r} is not a time span such as 12h or 30d", param, ctx)
        seconds = int(found[1]) * _SECONDS[found[2]]
        if seconds > MOST_EXPIRES_IN.total_seconds():  # checked first, since timedelta has a limit, too
            self.fail(f"{value!r} is more than {MOST_EXPIRES_IN.days} days", param, ctx)
        return timedelta(seconds=seconds)


@click.group()
def promo() -> None:
    """Promo codes: create, list, disable, enable."""


@promo.command("create")
@click.argument("code")
@click.option(
    "--credits",
    type=click.IntRange(1, MOST_CREDITS),
    required=True,
    help="Credits for each user who redeems it.",
)
@click.option(
    "--limit", type=click.IntRange(1, MOST_REDEMPTIONS), required=True, help="How many users can redeem it."
)
@click.option("--expires-in", type=Duration(), help="Such as 12h or 30d. Default: never.")
@operates
async def create(
    operator: Operator, code: str, credits: int, limit: int, expires_in: timedelta | None
) -> None:
    """Create the promo code CODE: 3 to 40 letters, digits, "-" or "_"."""
    make = CreatePromoCode(promo_codes=operator.promo_codes, clock=operator.clock)
    made = await make(code=code, credits=credits, limit=limit, expires_in=expires_in, author=operator.author)
    until = f", until {made.expires_at:%Y-%m-%d %H:%M} UTC" if made.expires_at else ""
    click.echo(
        f"created {made.code}: {counted(made.credits, 'credit')}, for {counted(made.most, 'user')}{until}"
    )


@promo.command("list")
@json_option
@operates
async def list_(operator: Operator, *, as_json: bool) -> None:
    """Show every promo code and how often it was redeemed."""
    promo_codes = operator.promo_codes
    entries: list[Entry] = []
    after = None
    while page := await promo_codes.page(limit=PAGE, after=after):
        entries += [
            {
                "code": each.code,
                "credits": each.credits,
                "redeemed": each.used,
                "limit": each.most,
                "expires_at": each.expires_at,
                "disabled_at": each.disabled_at,
            }
            for each in page
        ]
        after = page[-1].code
    show(
        entries,
        columns=("code", "credits", "redeemed", "limit", "expires_at", "disabled_at"),
        as_json=as_json,
    )


@promo.command("disable")
@click.argument("code")
@operates
async def disable(operator: Operator, code: str) -> None:
    """Stop CODE from being redeemed. Granted credits stay."""
    change = ChangePromoCode(promo_codes=operator.promo_codes, clock=operator.clock)
    changed = await change(code=code, disabled=True, author=operator.author)
    click.echo(f"{changed.code} is disabled; it was redeemed {counted(changed.used, 'time')}")


@promo.command("enable")
@click.argument("code")
@operates
async def enable(operator: Operator, code: str) -> None:
    """Let CODE be redeemed again, within its limit and until it expires."""
    change = ChangePromoCode(promo_codes=operator.promo_codes, clock=operator.clock)
    changed = await change(code=code, disabled=False, author=operator.author)
    click.echo(f"{changed.code} is enabled")
