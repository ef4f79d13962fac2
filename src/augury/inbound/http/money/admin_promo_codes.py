"""The administrator's routes for promo codes. Users redeem them with `balance.redeem`."""

from datetime import datetime, timedelta
from typing import Annotated, Self

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get, patch, post
from litestar.params import FromPath, JSONBody

from augury.application.money.change_promo_code import ChangePromoCode
from augury.application.money.create_promo_code import MOST_EXPIRES_IN, CreatePromoCode
from augury.application.money.ports import PromoCodes
from augury.domain.promo_code import MOST_REDEMPTIONS, PromoCode, PromoCodeNotFound, PromoCodeTaken
from augury.domain.transfer import MOST_CREDITS
from augury.inbound.http.callers.authors import author_of
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.body import JsonBody
from augury.inbound.http.protocol.paging import Cursor, Limit, split, text_of


class PromoCodeRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A code, its credits per user, how often it can be redeemed in total, and for how long."""

    code: Annotated[
        str,
        msgspec.Meta(
            max_length=64,
            description="Upper and lower case are the same. Stored in upper case.",
            examples=["SPRING"],
        ),
    ]
    credits: Annotated[int, msgspec.Meta(ge=1, le=MOST_CREDITS, examples=[20])]
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_REDEMPTIONS, examples=[100])]
    expires_in: (
        Annotated[
            int,
            msgspec.Meta(
                ge=1,
                le=int(MOST_EXPIRES_IN.total_seconds()),
                description="Seconds until it expires. Default: never.",
            ),
        ]
        | None
    ) = None


class PromoCodeView(msgspec.Struct, frozen=True):
    code: str
    credits: int
    limit: int
    redeemed: int
    created_at: datetime
    expires_at: datetime | None
    disabled_at: datetime | None

    @classmethod
    def of(cls, promo_code: PromoCode) -> Self:
        return cls(
            promo_code.code,
            promo_code.credits,
            promo_code.most,
            promo_code.used,
            promo_code.created_at,
            promo_code.expires_at,
            promo_code.disabled_at,
        )


class PromoCodeChange(msgspec.Struct, forbid_unknown_fields=True):
    """Whether the code is disabled. A disabled code cannot be redeemed until it is enabled again."""

    disabled: bool


class PromoCodePage(msgspec.Struct, frozen=True):
    items: list[PromoCodeView]
    next_cursor: str | None


@post(
    "/admin/promo-codes",
    dto=JsonBody[PromoCodeRequest],
    return_dto=None,
    summary="Make a promo code",
    description=CreatePromoCode.__doc__,
    responses=documented(401, 403, 409, 413, 415, 422, refusals=[PromoCodeTaken(code="SPRING")]),
)
@inject
async def create_promo_code(
    request: SignedIn, data: JSONBody[PromoCodeRequest], create: FromDishka[CreatePromoCode]
) -> PromoCodeView:
    expires_in = None if data.expires_in is None else timedelta(seconds=data.expires_in)
    made = await create(
        code=data.code,
        credits=data.credits,
        limit=data.limit,
        expires_in=expires_in,
        author=author_of(request),
    )
    return PromoCodeView.of(made)


@get(
    "/admin/promo-codes",
    summary="List the promo codes",
    description="Every promo code and how often it was redeemed, ordered by code.",
    responses=documented(401, 403, 422),
)
@inject
async def list_promo_codes(
    promo_codes: FromDishka[PromoCodes], limit: Limit = 20, cursor: Cursor = None
) -> PromoCodePage:
    found = await promo_codes.page(limit=limit + 1, after=text_of(cursor))
    page, next_cursor = split(found, limit, lambda promo_code: promo_code.code.encode())
    return PromoCodePage([PromoCodeView.of(each) for each in page], next_cursor)


@patch(
    "/admin/promo-codes/{code:str}",
    dto=JsonBody[PromoCodeChange],
    return_dto=None,
    summary="Disable or enable a promo code",
    description=ChangePromoCode.__doc__,
    responses=documented(401, 403, 404, 413, 415, 422, refusals=[PromoCodeNotFound()]),
)
@inject
async def change_promo_code(
    request: SignedIn,
    code: FromPath[str],
    data: JSONBody[PromoCodeChange],
    change: FromDishka[ChangePromoCode],
) -> PromoCodeView:
    return PromoCodeView.of(await change(code=code, disabled=data.disabled, author=author_of(request)))


ROUTES = (create_promo_code, list_promo_codes, change_promo_code)
