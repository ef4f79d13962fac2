from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from augury.application.ports import Json
from augury.application.predictions.ports.reads import MOST_BYTES_AT_ONCE, StoredPrediction
from augury.domain.balance import Balance
from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.model import ModelRef
from augury.domain.prediction import Prediction, PredictionNotFound, Status, WrongStatus
from augury.domain.row_errors import RowDoubt, RowError, RowFault, RowWarning
from tests.adapters import MODEL, OUTPUT, Adapters, a_prediction, finish
from tests.hexagon import a_model


async def page(
    adapters: Adapters,
    owner: UserId,
    *,
    limit: int = 100,
    before: PredictionId | None = None,
    status: Status | None = None,
    model: str | None = None,
) -> list[PredictionId]:
    stored = (
        await adapters.predictions.page(owner, limit=limit, before=before, status=status, model=model)
    ).items
    return [each.prediction.id for each in stored]


def newest_first(*predictions: Prediction) -> list[PredictionId]:
    return sorted((each.id for each in predictions), reverse=True)


async def test_a_prediction_is_read_by_its_owner_only(adapters: Adapters) -> None:
    user_id, stranger = await adapters.user(credits=1), await adapters.user()
    [prediction] = await adapters.predictions_of(user_id, 1)

    stored = await adapters.predictions.get(prediction.id, owner=user_id)

    assert stored == StoredPrediction(prediction, None)
    for prediction_id, owner in ((prediction.id, stranger), (PredictionId(uuid7()), user_id)):
        with pytest.raises(PredictionNotFound):
            await adapters.predictions.get(prediction_id, owner=owner)


async def test_several_are_read_at_once_whoever_owns_them(adapters: Adapters) -> None:
    first, second = await adapters.user(credits=2), await adapters.user(credits=1)
    mine, yours = await adapters.predictions_of(first, 2), await adapters.predictions_of(second, 1)

    stored = await adapters.predictions.several([mine[0].id, PredictionId(uuid7()), yours[0].id])

    expected = [StoredPrediction(each, None) for each in (mine[0], yours[0])]
    assert sorted(stored, key=lambda each: each.prediction.id) == sorted(
        expected, key=lambda each: each.prediction.id
    )
    assert await adapters.predictions.several([]) == []


async def test_a_page_holds_the_owners_newest_first_and_the_cursor_leads_on(adapters: Adapters) -> None:
    user_id, stranger = await adapters.user(credits=5), await adapters.user(credits=1)
    predictions = await adapters.predictions_of(user_id, 5)
    await adapters.predictions_of(stranger, 1)
    expected = newest_first(*predictions)

    first = await page(adapters, user_id, limit=2)
    second = await page(adapters, user_id, limit=2, before=first[-1])
    third = await page(adapters, user_id, limit=2, before=second[-1])

    assert [first, second, third] == [expected[:2], expected[2:4], expected[4:]]
    assert await page(adapters, user_id, before=expected[-1]) == []


async def test_what_is_inserted_meanwhile_does_not_shift_the_next_page(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    older = await adapters.predictions_of(user_id, 4)
    first = await page(adapters, user_id, limit=2)
    newer = [a_prediction(user_id, id=UUID(int=first[0].int + number)) for number in (1, 2)]
    await adapters.accept(user_id, *newer)

    assert await page(adapters, user_id, limit=2, before=first[-1]) == newest_first(*older)[2:]
    assert await page(adapters, user_id, limit=2) == newest_first(*newer)


async def test_a_page_can_be_narrowed_by_status(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=3)
    queued, running, done = await adapters.predictions_of(user_id, 3)
    await adapters.claim(running, token=uuid4())
    await adapters.settled(done)

    assert await page(adapters, user_id, status=Status.QUEUED) == [queued.id]
    assert await page(adapters, user_id, status=Status.PROCESSING) == [running.id]
    assert await page(adapters, user_id, status=Status.SUCCEEDED) == [done.id]
    assert await page(adapters, user_id, status=Status.EXPIRED) == []


async def test_a_page_can_be_narrowed_by_a_models_name_or_version(adapters: Adapters) -> None:
    await adapters.models.add(a_model("tone", 2))
    await adapters.models.add(a_model("spam", 1))
    user_id = await adapters.user(credits=3)
    tone1, tone2, spam = (
        a_prediction(user_id, model=ref) for ref in (MODEL, ModelRef("tone", 2), ModelRef("spam", 1))
    )
    await adapters.accept(user_id, tone1, tone2, spam)

    assert await page(adapters, user_id, model="tone") == newest_first(tone1, tone2)
    assert await page(adapters, user_id, model="tone@2") == [tone2.id]
    assert await page(adapters, user_id, model="spam", status=Status.QUEUED) == [spam.id]
    for nothing in ("tone@3", "tone@", "tone@x", "@1", "", "TONE", "to"):
        assert await page(adapters, user_id, model=nothing) == []


async def test_a_model_that_cannot_be_stored_is_a_model_that_nothing_was_asked_of(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    await adapters.predictions_of(user_id, 1)

    assert await page(adapters, user_id, model="tone\x00") == []


async def test_a_page_shows_the_output_of_single_rows_only(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    one, many = a_prediction(user_id), a_prediction(user_id, rows=2)
    await adapters.accept(user_id, one, many)
    await adapters.settled(one, many)

    stored = {each.prediction.id: each for each in (await adapters.predictions.page(user_id, limit=10)).items}

    assert stored[one.id].output == OUTPUT
    assert stored[many.id].output is None
    assert (await adapters.predictions.get(many.id, owner=user_id)).output == OUTPUT


async def test_the_waiting_are_counted_no_further_than_asked(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    assert await adapters.predictions.waiting(at_most=10) == 0
    predictions = await adapters.predictions_of(user_id, 5)
    assert await adapters.predictions.waiting(at_most=10) == 5
    assert await adapters.predictions.waiting(at_most=3) == 3

    await adapters.claim(predictions[0], token=uuid4())
    await adapters.settled(predictions[1])

    assert await adapters.predictions.waiting(at_most=10) == 4


async def test_the_final_ones_are_told_from_the_others(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=3)
    queued, running, done = await adapters.predictions_of(user_id, 3)
    await adapters.claim(running, token=uuid4())
    await adapters.settled(done)

    final = await adapters.predictions.final([queued.id, running.id, done.id, PredictionId(uuid7())])

    assert list(final) == [done.id]
    assert list(await adapters.predictions.final([])) == []


async def test_forgetting_drops_the_data_and_keeps_the_trail_of_the_money(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=3)
    prediction = a_prediction(user_id, rows=3)
    await adapters.accept(user_id, prediction)
    token = uuid4()
    [claim] = await adapters.claim(prediction, token=token)
    done = finish(claim.prediction, valid_rows=2, errors=[RowError(1, "text", RowFault.MISSING)])
    await adapters.work.settle(token, [done])

    assert await adapters.contents.input_of(prediction.id, owner=user_id)
    with pytest.raises(PredictionNotFound):
        await adapters.contents.input_of(prediction.id, owner=await adapters.user())
    await adapters.contents.forget(prediction.id, owner=user_id)
    await adapters.contents.forget(prediction.id, owner=user_id)
    assert await adapters.contents.input_of(prediction.id, owner=user_id) is None

    stored = await adapters.predictions.get(prediction.id, owner=user_id)
    assert stored == StoredPrediction(done.prediction, None)
    assert await adapters.balance(user_id) == Balance(user_id, available=1)
    assert len(await adapters.balances.statement(user_id, limit=10)) == 4
    assert await adapters.deviations() == []


async def test_what_was_wrong_with_rows_is_read_as_it_was_settled(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=20)
    prediction = a_prediction(user_id, rows=20)
    await adapters.accept(user_id, prediction)
    token = uuid4()
    [claim] = await adapters.claim(prediction, token=token)
    errors = tuple(RowError(row, "x" if row else None, fault) for row, fault in enumerate(RowFault))

    await adapters.work.settle(token, [finish(claim.prediction, valid_rows=5, errors=errors)])

    assert (await adapters.predictions.get(prediction.id, owner=user_id)).errors == errors
    [listed] = (await adapters.predictions.page(user_id, limit=1)).items
    assert (listed.errors, listed.prediction.error_count) == ((), 15)


async def test_a_long_output_is_read_in_pieces_and_not_in_lists(adapters: Adapters) -> None:
    user_id, stranger = await adapters.user(credits=1), await adapters.user()
    output = Json(b'[{"label":"' + b"0123456789" * 60_000 + b'"}]')
    [prediction] = await adapters.predictions_of(user_id, 1)
    token = uuid4()
    [claim] = await adapters.claim(prediction, token=token)
    await adapters.work.settle(token, [finish(claim.prediction, output=output)])

    stored = await adapters.predictions.get(prediction.id, owner=user_id)
    [several] = await adapters.predictions.several([prediction.id])
    [listed] = (await adapters.predictions.page(user_id, limit=1)).items
    assert [each.output for each in (stored, several, listed)] == [None] * 3
    assert [each.large_output for each in (stored, several, listed)] == [len(output), len(output), 0]
    read = b""
    while piece := await adapters.predictions.piece(prediction.id, owner=user_id, begin=len(read)):
        assert len(piece) <= MOST_BYTES_AT_ONCE
        read += piece
    assert read == output

    with pytest.raises(PredictionNotFound):
        await adapters.predictions.piece(prediction.id, owner=stranger, begin=0)
    await adapters.contents.forget(prediction.id, owner=user_id)
    assert await adapters.predictions.piece(prediction.id, owner=user_id, begin=0) == b""


async def test_warnings_are_read_as_they_were_settled_and_are_forgotten_with_the_rest(
    adapters: Adapters,
) -> None:
    user_id = await adapters.user(credits=20)
    prediction = a_prediction(user_id, rows=20)
    await adapters.accept(user_id, prediction)
    token = uuid4()
    [claim] = await adapters.claim(prediction, token=token)
    warnings = (
        RowWarning(0, "city", RowDoubt.UNSEEN_CATEGORY),
        RowWarning(19, "age", RowDoubt.UNSEEN_NULL),
        RowWarning(None, None, RowDoubt.MORE, 4_000),
    )

    await adapters.work.settle(token, [replace(finish(claim.prediction), warnings=warnings)])

    assert (await adapters.predictions.get(prediction.id, owner=user_id)).warnings == warnings
    assert [each.warnings for each in (await adapters.predictions.page(user_id, limit=1)).items] == [warnings]
    await adapters.contents.forget(prediction.id, owner=user_id)
    assert (await adapters.predictions.get(prediction.id, owner=user_id)).warnings == ()


async def test_only_what_is_final_can_be_forgotten_and_by_its_owner_only(adapters: Adapters) -> None:
    user_id, stranger = await adapters.user(credits=3), await adapters.user()
    queued, running, done = await adapters.predictions_of(user_id, 3)
    await adapters.claim(running, token=uuid4())
    await adapters.settled(done)

    for prediction, status in ((queued, Status.QUEUED), (running, Status.PROCESSING)):
        with pytest.raises(WrongStatus) as refusal:
            await adapters.contents.forget(prediction.id, owner=user_id)
        assert refusal.value.status is status
    for prediction_id, owner in ((done.id, stranger), (PredictionId(uuid7()), user_id)):
        with pytest.raises(PredictionNotFound):
            await adapters.contents.forget(prediction_id, owner=owner)
    assert (await adapters.predictions.get(done.id, owner=user_id)).output == OUTPUT


async def test_every_field_of_a_prediction_comes_back_as_it_was_stored(adapters: Adapters) -> None:
    model = a_model("spam", 12)
    await adapters.models.add(model)
    user_id = await adapters.user(credits=1000)
    prediction = Prediction(
        id=PredictionId(uuid7()),
        user_id=user_id,
        model=model.ref,
        rows=9,
        row_price=100,
        created_at=datetime(2026, 3, 1, 23, 59, 59, 999999, tzinfo=UTC),
        expires_at=datetime(2126, 3, 1, tzinfo=UTC),
        single=True,
    )

    await adapters.accept(user_id, prediction)

    assert await adapters.now(prediction) == prediction


async def test_statuses_are_read_at_once_whoever_owns_them(adapters: Adapters) -> None:
    first, second = await adapters.user(credits=2), await adapters.user(credits=1)
    [queued, ended], [other] = (
        await adapters.predictions_of(first, 2),
        await adapters.predictions_of(second, 1),
    )
    await adapters.settled(ended)

    found = await adapters.predictions.statuses([queued.id, PredictionId(uuid7()), ended.id, other.id])

    assert found == {queued.id: Status.QUEUED, ended.id: Status.SUCCEEDED, other.id: Status.QUEUED}
    assert await adapters.predictions.statuses([]) == {}


async def test_the_usage_of_a_user_is_by_day_and_model(adapters: Adapters) -> None:
    user_id, other = await adapters.user(credits=10), await adapters.user(credits=1)
    done = await adapters.predictions_of(user_id, 3)
    await adapters.predictions_of(other, 1)
    token = uuid4()
    [claim] = await adapters.claim(done[0], token=token)
    await adapters.work.settle(token, [finish(claim.prediction)])
    long_ago, now = datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC)

    usage = await adapters.predictions.usage(user_id, since=long_ago, most=100)

    assert [(each.model, each.predictions) for each in usage] == [(MODEL.name, 3)]
    stored = await adapters.predictions.get(done[0].id, owner=user_id)
    assert usage[0].charged == stored.prediction.charged > 0
    assert usage[0].rows == stored.prediction.valid_rows
    newest = await adapters.predictions.usage(user_id, since=long_ago, most=2)
    assert [each.predictions for each in newest] == [2]
    assert await adapters.predictions.usage(user_id, since=now.replace(year=now.year + 1), most=9) == []
