import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from augury.application.limits import Limits
from augury.application.money.ports import Moved
from augury.application.money.redeem_promo_code import RedeemPromoCode
from augury.domain.balance import Balance
from augury.domain.idempotency import IdempotencyConflict, IdempotencyKey
from augury.domain.identifiers import UserId, uuid7
from augury.domain.promo_code import (
    PromoCode,
    PromoCodeNotFound,
    PromoCodeRedeemed,
    PromoCodeTaken,
    PromoCodeUsedUp,
)
from augury.domain.request_rate import TooManyTries
from augury.domain.transfer import TransferKind
from augury.domain.user import UserNotFound
from augury.outbound.system_clock import SystemClock
from tests.adapters import Adapters


def a_code(
    code: str = "SPRING", *, credits: int = 5, most: int = 3, expires_at: datetime | None = None
) -> PromoCode:
    now = datetime.now(UTC).replace(microsecond=0)
    return PromoCode(code=code, credits=credits, most=most, created_at=now, expires_at=expires_at)


def redeeming(adapters: Adapters, *, redeems_per_minute: int = 1_000) -> RedeemPromoCode:
    return RedeemPromoCode(
        users=adapters.users,
        books=adapters.books,
        throttle=adapters.throttle,
        clock=SystemClock(),
        limits=Limits(redeems_per_minute=redeems_per_minute),
    )


async def used(adapters: Adapters) -> int:
    [promo_code] = await adapters.promo_codes.page(limit=10)
    return promo_code.used


async def test_a_code_is_added_once_and_listed_by_name_in_pages(adapters: Adapters) -> None:
    codes = [a_code(name, expires_at=datetime(2030, 1, 1, tzinfo=UTC)) for name in ("CCC", "AAA", "BBB")]
    for each in codes:
        await adapters.promo_codes.add(each)
    with pytest.raises(PromoCodeTaken):
        await adapters.promo_codes.add(a_code("AAA", credits=99))

    first = await adapters.promo_codes.page(limit=2)
    rest = await adapters.promo_codes.page(limit=2, after=first[-1].code)

    assert [*first, *rest] == sorted(codes, key=lambda each: each.code)


async def test_redeeming_grants_the_credits_by_one_transfer_of_its_own(adapters: Adapters) -> None:
    user_id, other = await adapters.user(), await adapters.user()
    await adapters.promo_codes.add(a_code())

    moved = await redeeming(adapters)(user_id=user_id, code=" spring ")
    assert moved == Moved(Balance(user_id, available=5), replayed=False)
    await redeeming(adapters)(user_id=other, code="SPRING")

    [line] = await adapters.balances.statement(user_id, limit=10)
    [others] = await adapters.balances.statement(other, limit=10)
    assert (line.transfer.kind, line.transfer.amount) == (TransferKind.GRANT, 5)
    assert line.transfer.reference != others.transfer.reference
    assert await used(adapters) == 2
    assert await adapters.deviations() == []


async def test_a_second_time_is_refused_and_counts_for_nothing(adapters: Adapters) -> None:
    user_id = await adapters.user()
    await adapters.promo_codes.add(a_code())
    await redeeming(adapters)(user_id=user_id, code="SPRING")

    with pytest.raises(PromoCodeRedeemed):
        await redeeming(adapters)(user_id=user_id, code="SPRING")

    assert (await adapters.balance(user_id)).available == 5
    assert await used(adapters) == 1


@pytest.mark.parametrize("code", ["NONE", "x", "a b c", "naïve", "nul\x00code", "", "../SPRING", "\ud800abc"])
async def test_what_is_no_code_is_not_found(adapters: Adapters, code: str) -> None:
    with pytest.raises(PromoCodeNotFound):
        await redeeming(adapters)(user_id=await adapters.user(), code=code)


async def test_an_expired_code_is_not_found(adapters: Adapters) -> None:
    user_id = await adapters.user()
    await adapters.promo_codes.add(a_code(expires_at=datetime.now(UTC) - timedelta(seconds=1)))

    with pytest.raises(PromoCodeNotFound):
        await redeeming(adapters)(user_id=user_id, code="SPRING")

    assert await used(adapters) == 0


async def test_one_user_at_twenty_places_at_once_redeems_once(adapters: Adapters) -> None:
    user_id = await adapters.user()
    await adapters.promo_codes.add(a_code(most=100))

    answers = await asyncio.gather(
        *(redeeming(adapters)(user_id=user_id, code="SPRING") for _ in range(20)), return_exceptions=True
    )

    assert sum(isinstance(answer, Moved) for answer in answers) == 1
    assert sum(isinstance(answer, PromoCodeRedeemed) for answer in answers) == 19
    assert (await adapters.balance(user_id)).available == 5
    assert await used(adapters) == 1
    assert await adapters.deviations() == []


async def test_many_users_at_once_redeem_no_more_often_than_the_limit(adapters: Adapters) -> None:
    users = [await adapters.user() for _ in range(20)]
    await adapters.promo_codes.add(a_code(most=7))

    answers = await asyncio.gather(
        *(redeeming(adapters)(user_id=user_id, code="SPRING") for user_id in users), return_exceptions=True
    )

    assert sum(isinstance(answer, Moved) for answer in answers) == 7
    assert sum(isinstance(answer, PromoCodeUsedUp) for answer in answers) == 13
    assert sum([(await adapters.balance(user_id)).available for user_id in users]) == 35
    assert await used(adapters) == 7
    assert await adapters.deviations() == []


async def test_a_repeated_key_changes_nothing_and_another_request_under_it_is_refused(
    adapters: Adapters,
) -> None:
    user_id = await adapters.user()
    await adapters.promo_codes.add(a_code())
    key = IdempotencyKey("key", b"print")

    answers = await asyncio.gather(
        *(redeeming(adapters)(user_id=user_id, code="SPRING", key=key) for _ in range(5))
    )

    assert [answer.balance for answer in answers] == [Balance(user_id, available=5)] * 5
    assert [answer.replayed for answer in answers].count(False) == 1
    with pytest.raises(IdempotencyConflict):
        await redeeming(adapters)(user_id=user_id, code="SPRING", key=IdempotencyKey("key", b"other"))
    assert await adapters.deviations() == []


async def test_nobody_redeems_who_does_not_exist(adapters: Adapters) -> None:
    await adapters.promo_codes.add(a_code())

    with pytest.raises(UserNotFound):
        await redeeming(adapters)(user_id=UserId(uuid7()), code="SPRING")


async def test_guessing_is_slowed_down_by_user_and_by_address(adapters: Adapters) -> None:
    redeem, address = redeeming(adapters, redeems_per_minute=2), str(uuid4())
    user_id, other = await adapters.user(), await adapters.user()
    for _ in range(2):
        with pytest.raises(PromoCodeNotFound):
            await redeem(user_id=user_id, code="GUESS", address=address)

    for each, place in ((user_id, None), (other, address)):
        with pytest.raises(TooManyTries):
            await redeem(user_id=each, code="GUESS", address=place)
    with pytest.raises(PromoCodeNotFound):
        await redeem(user_id=await adapters.user(), code="GUESS", address="elsewhere")


async def test_a_disabled_code_is_redeemed_by_nobody_until_it_is_enabled(adapters: Adapters) -> None:
    code, user_id = a_code(most=1), await adapters.user()
    await adapters.promo_codes.add(code)
    disabled = code.disable(at=datetime.now(UTC))

    await adapters.promo_codes.change(disabled)

    assert await adapters.promo_codes.get("SPRING") == disabled
    assert await adapters.promo_codes.page(limit=9) == [disabled]
    with pytest.raises(PromoCodeNotFound):
        await redeeming(adapters)(user_id=user_id, code="SPRING")
    assert await adapters.balance(user_id) == Balance(user_id)

    await adapters.promo_codes.change(disabled.enable())

    assert await adapters.promo_codes.get("SPRING") == code
    await redeeming(adapters)(user_id=user_id, code="SPRING")
    assert await adapters.balance(user_id) == Balance(user_id, available=code.credits)
    assert await adapters.deviations() == []


async def test_a_change_of_a_code_does_not_touch_how_often_it_was_redeemed(adapters: Adapters) -> None:
    code, user_id = a_code(), await adapters.user()
    await adapters.promo_codes.add(code)
    await redeeming(adapters)(user_id=user_id, code="SPRING")

    await adapters.promo_codes.change(code.disable(at=datetime.now(UTC)))

    assert await used(adapters) == 1


async def test_no_code_that_is_not_there_is_found_or_changed(adapters: Adapters) -> None:
    with pytest.raises(PromoCodeNotFound):
        await adapters.promo_codes.get("WINTER")
    with pytest.raises(PromoCodeNotFound):
        await adapters.promo_codes.change(a_code("WINTER"))
