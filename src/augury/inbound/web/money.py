"""Credits: the balance and what reserves it, the statement, the usage, and promo codes."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response, get, post

from augury.application.batches.ports import Batches
from augury.application.chats.ports.links import Links
from augury.application.money.ports import Balances, Statement
from augury.application.money.redeem_promo_code import RedeemPromoCode
from augury.application.people.tokens import new_secret
from augury.application.ports import Clock
from augury.application.predictions.ports.reads import Predictions, UsageOfDay
from augury.domain.errors import DomainError
from augury.domain.identifiers import UserId
from augury.domain.prediction import Status
from augury.inbound.web.entering import address_mark
from augury.inbound.web.given import number_at, text_of
from augury.inbound.web.problems import status_of
from augury.inbound.web.rendering import Answer, page
from augury.inbound.web.visitor import PageRequest, once_for, signed_in

LINES = 20
CSV_LINES = 1_000
HELD = 20
"""Unfinished predictions of each status, and batches, that the page shows."""
DAYS = 30
MOST_LOOKED_AT = 5_000
"""The chart counts at most this many predictions, the newest ones."""
MOST_CODE = 64
MOST_READS = 5
"""How often the newest lines are read, at most, while credits move."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A line of the statement."""

    statement: Statement
    change: int
    """The change of the available credits."""
    after: int | None
    """The available credits afterwards. None on later pages, where they are not known."""


@get("/app/money", guards=[signed_in], include_in_schema=False)
@inject
async def money(
    request: PageRequest,
    balances: FromDishka[Balances],
    predictions: FromDishka[Predictions],
    batches: FromDishka[Batches],
    links: FromDishka[Links],
) -> Answer:
    return await _page(request, balances, predictions, batches, links)


@post("/app/money/redeem", guards=[signed_in], include_in_schema=False)
@inject
async def redeem(
    request: PageRequest,
    balances: FromDishka[Balances],
    predictions: FromDishka[Predictions],
    batches: FromDishka[Batches],
    links: FromDishka[Links],
    redeem_promo_code: FromDishka[RedeemPromoCode],
) -> Answer:
    """A form that is sent twice, or loaded again, redeems its code once."""
    form = await request.form()
    code = text_of(form.get("code"), MOST_CODE)
    try:
        moved = await redeem_promo_code(
            user_id=request.user.member.id,
            code=code,
            address=address_mark(request),
            key=once_for(str(form.get("key", "")), "redeem", code),
        )
    except DomainError as error:
        return await _page(request, balances, predictions, batches, links, error=error, code=code)
    return await _page(request, balances, predictions, batches, links, redeemed=moved.balance.spendable)


@get("/app/money/statement", guards=[signed_in], include_in_schema=False)
@inject
async def statement(request: PageRequest, balances: FromDishka[Balances]) -> Answer:
    given = request.query_params
    before = number_at(given.get("before", ""))
    user_id = request.user.member.id
    if before is None:
        found, after = await _newest(balances, user_id, LINES + 1)
    else:
        found = await balances.statement(user_id, limit=LINES + 1, before=before)
        after = number_at(given.get("after", ""))
    lines = _lines(found[:LINES], user_id, after)
    more = found[LINES - 1].sequence if len(found) > LINES else None
    last = lines[-1] if lines else None
    rest = None if last is None or last.after is None else last.after - last.change
    return page(request, "statement.html", lines=lines, more=more, rest=rest, is_first=before is None)


@get("/app/money/statement.csv", guards=[signed_in], include_in_schema=False)
@inject
async def statement_csv(request: PageRequest, balances: FromDishka[Balances]) -> Response[bytes]:
    """The newest lines as CSV. Programs can read all lines from the API, page by page."""
    user_id = request.user.member.id
    found, after = await _newest(balances, user_id, CSV_LINES)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("created_at", "kind", "amount", "available_change", "available", "reference"))
    for line in _lines(found, user_id, after):
        transfer, at = line.statement.transfer, line.statement.created_at
        writer.writerow(
            (at.isoformat(), transfer.kind, transfer.amount, line.change, line.after, transfer.reference)
        )
    headers = {"Content-Disposition": 'attachment; filename="statement.csv"'}
    return Response(text.getvalue().encode(), media_type="text/csv", headers=headers)


@get("/app/money/usage", guards=[signed_in], include_in_schema=False)
@inject
async def usage(
    request: PageRequest, predictions: FromDishka[Predictions], clock: FromDishka[Clock]
) -> Answer:
    now = clock.now()
    user_id, since = request.user.member.id, _first_day(now)
    days = await predictions.usage(user_id, since=since, most=MOST_LOOKED_AT + 1)
    is_cut = sum(each.predictions for each in days) > MOST_LOOKED_AT
    if is_cut:
        days = await predictions.usage(user_id, since=since, most=MOST_LOOKED_AT)
    chart = json.dumps(_chart(days, now), ensure_ascii=False)
    return page(
        request, "usage.html", today=now.date(), days=days, is_cut=is_cut, most=MOST_LOOKED_AT, chart=chart
    )


async def _page(
    request: PageRequest,
    balances: Balances,
    predictions: Predictions,
    batches: Batches,
    links: Links,
    *,
    error: DomainError | None = None,
    redeemed: int | None = None,
    code: str = "",
) -> Answer:
    user_id = request.user.member.id
    balance = await balances.of(user_id)
    held = []
    if balance.held or balance.pending:
        for status in (Status.PROCESSING, Status.QUEUED):
            found = await predictions.page(user_id, limit=HELD, status=status)
            held += [each.prediction for each in found.items]
    running = (
        [each for each in await batches.running(user_id, limit=HELD) if not each.progress.is_final]
        if balance.held
        else []
    )
    return page(
        request,
        "money.html",
        status=200 if error is None else status_of(error),
        balance=balance,
        held=held,
        running=running,
        bot=await links.bot(),
        error=error,
        redeemed=redeemed,
        code=code,
        key=new_secret(),
    )


async def _newest(balances: Balances, user_id: UserId, limit: int) -> tuple[Sequence[Statement], int | None]:
    """The newest lines, and the available credits after the first of them. The balance is read separately,
    so both are read again if credits have moved in between. None if they move all the time."""
    for _ in range(MOST_READS):
        found = await balances.statement(user_id, limit=limit)
        after = (await balances.of(user_id)).available
        if await balances.statement(user_id, limit=1) == found[:1]:
            return found, after
    return found, None


def _lines(found: Sequence[Statement], user_id: UserId, after: int | None) -> list[StatementLine]:
    lines = []
    for each in found:
        transfer = each.transfer
        sign = 1 if transfer.to_user_id == user_id else transfer.kind.available_sign
        lines.append(StatementLine(each, transfer.amount * sign, after))
        after = None if after is None else after - transfer.amount * sign
    return lines


def _first_day(now: datetime) -> datetime:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=DAYS - 1)


def _chart(days: Sequence[UsageOfDay], now: datetime) -> dict[str, object]:
    """Credits by day for each model, in the form that the chart's script needs: days as Unix times."""
    first = _first_day(now).date()
    dates = [first + timedelta(days=each) for each in range(DAYS)]
    models = sorted({each.model for each in days})
    charged: dict[tuple[date, str], int] = {(each.day, each.model): each.charged for each in days}
    return {
        "days": [int(datetime(each.year, each.month, each.day, tzinfo=UTC).timestamp()) for each in dates],
        "models": [
            {"name": model, "charged": [charged.get((each, model), 0) for each in dates]} for model in models
        ],
    }


ROUTES = (money, redeem, statement, statement_csv, usage)
