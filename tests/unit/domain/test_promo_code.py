from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.domain.promo_code import (
    MOST_REDEMPTIONS,
    InvalidPromoCode,
    PromoCode,
    PromoCodeNotFound,
    PromoCodeUsedUp,
    normalized_code,
)
from augury.domain.transfer import MOST_CREDITS, InvalidAmount

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def code(
    name: str = "SPRING", *, credits: int = 1, most: int = 1, expires_at: datetime | None = None
) -> PromoCode:
    return PromoCode(code=name, credits=credits, most=most, created_at=NOW, expires_at=expires_at)


@pytest.mark.parametrize(
    "name", ["", "AB", "a" * 3, "A" * 41, "-AB", "A B", "КОД", "ABC\n", "A/B/C", "../.."]
)
def test_a_code_of_another_shape_is_refused(name: str) -> None:
    with pytest.raises(InvalidPromoCode):
        code(name)


@pytest.mark.parametrize(
    ("credits", "most"), [(0, 1), (-1, 1), (MOST_CREDITS + 1, 1), (1, 0), (1, MOST_REDEMPTIONS + 1)]
)
def test_a_code_is_worth_something_to_somebody(credits: int, most: int) -> None:
    with pytest.raises(InvalidAmount):
        code(credits=credits, most=most)


@given(most=st.integers(1, 20), tries=st.integers(0, 40))
def test_it_is_never_redeemed_more_often_than_its_limit(most: int, tries: int) -> None:
    promo_code, redeemed = code(most=most), 0
    for _ in range(tries):
        try:
            promo_code = promo_code.redeem(again=False, at=NOW)
            redeemed += 1
        except PromoCodeUsedUp:
            assert promo_code.used == most
    assert promo_code.used == redeemed == min(most, tries)


def test_it_expires_at_its_time() -> None:
    promo_code = code(expires_at=NOW)

    assert promo_code.redeem(again=False, at=NOW - timedelta(microseconds=1)).used == 1
    with pytest.raises(PromoCodeNotFound):
        promo_code.redeem(again=False, at=NOW)


@given(st.text())
def test_any_text_is_a_code_or_not_found(text: str) -> None:
    with suppress(PromoCodeNotFound):
        assert code(normalized_code(text)).code.isascii()
