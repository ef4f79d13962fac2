"""A flight is decided without a lock: what happens if somebody changes a balance meanwhile."""

from dataclasses import replace

import pytest

from augury.application.limits import Limits
from augury.application.ports import Unavailable
from augury.application.predictions.request_predictions import MOST_ROUNDS, RequestPredictions
from augury.application.predictions.requests import Replayed
from augury.domain.balance import Balance, NotEnoughCredits
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import UserId
from augury.domain.prediction import Prediction
from augury.domain.request import TooManyPending
from augury.domain.user import UserNotFound
from tests.hexagon import Hexagon
from tests.unit.application.watched_acceptance import Event, Watched


async def nothing() -> None:
    """Happens."""


def watched(hexagon: Hexagon, *meanwhile: Event) -> tuple[RequestPredictions, Watched]:
    acceptance = Watched(hexagon.books, meanwhile)
    return replace(hexagon.request_predictions, acceptance=acceptance), acceptance


async def test_a_user_who_was_just_served_is_not_read_again(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=3)
    request_predictions, acceptance = watched(hexagon)

    for _ in range(3):
        [answer] = await request_predictions([hexagon.request(user.id)])
        assert isinstance(answer, Prediction)

    assert (acceptance.reads, acceptance.accepts) == (1, 3)
    assert await hexagon.balance_of(user.id) == Balance(user.id, held=3, pending=3)


async def test_nobody_is_refused_by_what_is_only_remembered(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    request_predictions, _ = watched(hexagon)
    await request_predictions([hexagon.request(user.id)])
    await hexagon.top_up(user_id=user.id, amount=1)  # through another process, say

    answers = await request_predictions([hexagon.request(user.id), hexagon.request(user.id)])

    assert isinstance(answers[0], Prediction)
    assert isinstance(answers[1], NotEnoughCredits)
    assert (answers[1].available, answers[1].price) == (0, 1)


async def test_only_those_whose_credits_were_spent_meanwhile_are_decided_again(hexagon: Hexagon) -> None:
    poor, rich = await hexagon.user(credits=2), await hexagon.user(credits=9)

    async def another_process_spends() -> None:
        await hexagon.request_predictions([hexagon.request(poor.id)])

    request_predictions, acceptance = watched(hexagon, another_process_spends)
    requests = [hexagon.request(user.id) for user in (poor, rich, poor, rich)]

    answers = await request_predictions(requests)

    kinds = [type(answer) for answer in answers]
    assert sorted([kinds[0].__name__, kinds[2].__name__]) == ["NotEnoughCredits", "Prediction"]
    assert kinds[1] is kinds[3] is Prediction
    assert (acceptance.reads, acceptance.accepts) == (2, 2)
    assert await hexagon.balance_of(poor.id) == Balance(poor.id, held=2, pending=2)
    assert await hexagon.balance_of(rich.id) == Balance(rich.id, available=7, held=2, pending=2)
    queued = [each for task in iter(hexagon.queue.take, None) for each in task.prediction_ids]
    assert len(queued) == len(set(queued)) == 4
    assert await hexagon.balanced()


async def test_credits_that_are_spent_but_not_needed_change_nothing(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=5)

    async def another_process_spends() -> None:
        await hexagon.request_predictions([hexagon.request(user.id)])

    request_predictions, acceptance = watched(hexagon, another_process_spends)

    [answer] = await request_predictions([hexagon.request(user.id)])

    assert isinstance(answer, Prediction)
    assert acceptance.accepts == 1
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=3, held=2, pending=2)


async def test_the_limit_of_pending_predictions_holds_for_all_processes_together() -> None:
    hexagon = Hexagon(Limits(max_pending=2))
    user = await hexagon.user(credits=9)

    async def another_process_accepts() -> None:
        await hexagon.request_predictions([hexagon.request(user.id)])

    request_predictions, _ = watched(hexagon, another_process_accepts)

    answers = await request_predictions([hexagon.request(user.id), hexagon.request(user.id)])

    assert [type(answer) for answer in answers] == [Prediction, TooManyPending]
    assert (await hexagon.balance_of(user.id)).pending == 2


async def test_an_account_that_was_closed_meanwhile_is_not_found(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    request_predictions, _ = watched(hexagon, lambda: hexagon.close_account(user_id=user.id, forfeit=1))

    [answer] = await request_predictions([hexagon.request(user.id)])

    assert isinstance(answer, UserNotFound)


async def test_what_repeats_a_dropped_request_of_its_flight_is_decided_again_with_it(
    hexagon: Hexagon,
) -> None:
    user = await hexagon.user(credits=1)
    key = IdempotencyKey("key", b"print")

    async def another_process_spends() -> None:
        await hexagon.request_predictions([hexagon.request(user.id)])

    request_predictions, _ = watched(hexagon, another_process_spends)
    twins = [hexagon.request(user.id, key=key), hexagon.request(user.id, key=key)]

    answers = await request_predictions(twins)

    assert [type(answer) for answer in answers] == [NotEnoughCredits] * 2


async def test_a_twin_in_another_process_makes_it_a_replay(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=5)
    request = hexagon.request(user.id, key=IdempotencyKey("key", b"print"))
    first: list[object] = []

    async def the_twin_is_faster() -> None:
        first.extend(await hexagon.request_predictions([request]))

    request_predictions, _ = watched(hexagon, the_twin_is_faster)

    [answer] = await request_predictions([request])

    [accepted] = first
    assert isinstance(accepted, Prediction)
    assert answer == Replayed(accepted.id)
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=4, held=1, pending=1)


async def test_who_was_accepted_hears_so_although_the_books_are_away_for_the_others(hexagon: Hexagon) -> None:
    poor, rich = await hexagon.user(credits=1), await hexagon.user(credits=1)

    async def another_process_spends() -> None:
        await hexagon.request_predictions([hexagon.request(poor.id)])

    request_predictions, acceptance = watched(hexagon, another_process_spends)
    acceptance.refused_after = 1

    answers = await request_predictions([hexagon.request(poor.id), hexagon.request(rich.id)])

    assert [type(answer) for answer in answers] == [Unavailable, Prediction]


async def test_deciding_again_comes_to_an_end(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=2)
    spent: list[UserId] = []

    async def somebody_spends_and_pays_back() -> None:
        """So that it never fits, although each look says that it does."""
        state = hexagon.memory.state
        spent.append(user.id)
        state.balances[user.id] = replace(state.balances[user.id], debt=len(spent) % 2)

    request_predictions, acceptance = watched(hexagon, *[somebody_spends_and_pays_back] * 2 * MOST_ROUNDS)

    [answer] = await request_predictions([hexagon.request(user.id)])

    assert isinstance(answer, Unavailable)
    assert acceptance.accepts == MOST_ROUNDS


@pytest.mark.parametrize("finished", [0, 2])
async def test_the_lane_is_not_decided_by_what_was_pending_a_moment_ago(finished: int) -> None:
    hexagon = Hexagon(Limits(fair_pending=2))
    user = await hexagon.user(credits=9)
    first = await hexagon.request_predictions([hexagon.request(user.id), hexagon.request(user.id)])
    for prediction in first[:finished]:
        assert isinstance(prediction, Prediction)
        await hexagon.cancel_prediction(user_id=user.id, prediction_id=prediction.id)

    [answer] = await hexagon.request_predictions([hexagon.request(user.id)])

    assert isinstance(answer, Prediction)
    in_bulk = {each.prediction.id for each in hexagon.memory.state.predictions.values() if each.in_bulk}
    assert in_bulk == (set() if finished else {answer.id})
