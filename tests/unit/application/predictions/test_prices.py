"""The charge for a prediction's rows and text, whichever rows are invalid."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.domain.balance import Balance, NotEnoughCredits
from augury.domain.model import MOST_TEXT_PRICE
from augury.domain.prediction import Status
from augury.domain.pricing import bytes_of_text, price_of
from augury.domain.request import NoValidRow
from augury.domain.transfer import InvalidAmount
from augury.outbound.memory.predictor import BREAKING
from tests.hexagon import Hexagon, a_model

KILOBYTE = {"text": "x" * 1_000}


async def test_text_is_held_and_charged_on_top_of_the_rows(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=100)
    model = a_model(row_price=2, text_price=5)
    hexagon.memory.state.models[model.ref] = model

    prediction = await hexagon.request_prediction(user.id, [KILOBYTE, {"text": "y"}], model=model)

    assert prediction.price == 2 * 2 + 5 * 2
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=86, held=14, pending=1)
    await hexagon.run_all()
    assert (await hexagon.prediction(prediction)).prediction.charged == 14
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=86)
    assert await hexagon.balanced()


@pytest.mark.parametrize(
    "bad",
    [{"text": BREAKING}, {"text": "x" * 3_000, "more": 1}, {"text": 5}],
    ids=["breaks the model", "unknown field", "no text"],
)
async def test_the_text_of_a_row_that_is_not_predicted_is_not_charged(
    hexagon: Hexagon, bad: dict[str, object]
) -> None:
    user = await hexagon.user(credits=100)
    model = a_model(row_price=2, text_price=5)
    hexagon.memory.state.models[model.ref] = model

    prediction = await hexagon.request_prediction(user.id, [KILOBYTE, bad], model=model)
    await hexagon.run_all()

    stored = (await hexagon.prediction(prediction)).prediction
    assert (stored.valid_rows, stored.charged) == (1, 2 + 5)
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=93)
    assert await hexagon.balanced()


async def test_a_price_that_changes_leaves_what_was_accepted_at_its_own(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=100)
    await hexagon.change_model(ref=hexagon.model.ref, text_price=5)
    model = await hexagon.models.get("tone")
    prediction = await hexagon.request_prediction(user.id, [KILOBYTE], model=model)
    await hexagon.change_model(ref=hexagon.model.ref, text_price=0)

    await hexagon.run_all()

    assert (await hexagon.prediction(prediction)).prediction.charged == 6
    free = await hexagon.request_prediction(user.id, [KILOBYTE], model=await hexagon.models.get("tone"))
    assert free.price == 1
    await hexagon.run_all()
    assert await hexagon.balanced()


async def test_who_cannot_pay_for_the_text_is_refused(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=5)

    with pytest.raises(NotEnoughCredits) as refusal:
        await hexagon.request_prediction(user.id, [KILOBYTE], model=a_model(text_price=5))

    assert (refusal.value.available, refusal.value.price) == (5, 6)


@pytest.mark.parametrize("ending", [Status.CANCELED, Status.EXPIRED, Status.FAILED])
async def test_what_is_never_predicted_gives_back_the_price_of_its_text(
    hexagon: Hexagon, ending: Status
) -> None:
    user = await hexagon.user(credits=100)
    model = a_model(text_price=5)
    hexagon.memory.state.models[model.ref] = model
    prediction = await hexagon.request_prediction(user.id, [KILOBYTE], model=model)
    if ending is Status.FAILED:
        hexagon.predictor.unavailable.add(model.ref)
        await hexagon.run_all()
    elif ending is Status.CANCELED:
        await hexagon.cancel_prediction(user_id=user.id, prediction_id=prediction.id)
    else:
        hexagon.clock.advance(2 * hexagon.limits.max_expires_in)
        await hexagon.sweep()

    assert (await hexagon.prediction(prediction)).prediction.status is ending
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=100)
    assert await hexagon.balanced()


@pytest.mark.parametrize("text_price", [-1, MOST_TEXT_PRICE + 1])
async def test_a_price_of_text_below_nothing_or_beyond_the_limit_is_refused(
    hexagon: Hexagon, text_price: int
) -> None:
    with pytest.raises(InvalidAmount):
        await hexagon.change_model(ref=hexagon.model.ref, text_price=text_price)


rows = st.one_of(
    st.builds(lambda text: {"text": text}, st.text("xж🙂", max_size=1_500)),
    st.just({"text": BREAKING}),
    st.builds(lambda text: {"text": text, "more": 1}, st.text("x", max_size=1_500)),
    st.sampled_from([{"text": 5}, {"text": "\0"}, {}, None]),
)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(rows, min_size=1, max_size=6),
    row_price=st.integers(min_value=0, max_value=3),
    text_price=st.integers(min_value=0, max_value=3),
)
def test_any_mix_of_rows_is_charged_for_its_valid_ones_alone(
    rows: list[object], row_price: int, text_price: int
) -> None:
    asyncio.run(_charged_for_its_valid_rows(rows, row_price, text_price))


async def _charged_for_its_valid_rows(rows: list[object], row_price: int, text_price: int) -> None:
    hexagon = Hexagon()
    model = replace(hexagon.model, row_price=row_price, text_price=text_price)
    hexagon.memory.state.models[model.ref] = model
    user = await hexagon.user(credits=1_000)
    try:
        prediction = await hexagon.request_prediction(user.id, rows, model=model)
    except NoValidRow:
        assert await hexagon.balance_of(user.id) == Balance(user.id, available=1_000)
        return
    quote = await hexagon.quote_prediction(data=rows)
    assert quote.price == prediction.price
    await hexagon.run_all()

    stored = await hexagon.prediction(prediction)
    bad = {error.row for error in stored.errors}
    good = [row for number, row in enumerate(rows) if number not in bad]
    schema, charged = model.facts.schema, stored.prediction.charged
    assert charged == (
        price_of(
            row_price=row_price,
            rows=len(good),
            text_price=text_price,
            text_bytes=bytes_of_text(schema, good),
        )
        if good
        else 0
    )
    assert charged <= quote.charge <= prediction.price
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=1_000 - charged)
    assert await hexagon.balanced()
