import random

import pytest

from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.lane import Lane
from augury.domain.lane_pace import Pace
from augury.domain.queue_place import Line, Mark, Standing

USERS = [UserId(uuid7()) for _ in range(3)]


def ids(how_many: int) -> list[PredictionId]:
    return sorted(PredictionId(uuid7()) for _ in range(how_many))


def line(predictions: list[PredictionId], cost: float = 1, finish: float = 0, weight: float = 1) -> Line:
    marks = [Mark(each, place, cost * place) for place, each in enumerate(predictions, start=1)]
    return Line(marks=marks, finish=finish, weight=weight)


def test_between_marks_places_are_estimated() -> None:
    predictions = [PredictionId(type(uuid7())(int=(1 << 100) + number * 1000)) for number in range(1, 1001)]
    whole = line(predictions)
    sparse = Line(marks=[whole.marks[number] for number in (0, 99, 499, 999)])

    for number in random.Random(1).sample(range(1000), 50):
        count, cost = sparse.before(predictions[number])
        assert count == pytest.approx(number, abs=2)
        assert cost == pytest.approx(count, abs=2)


def test_what_came_later_stands_at_the_end() -> None:
    predictions = ids(5)
    standing = Standing(small=line(predictions[:4]))

    assert standing.before(Lane.SMALL, USERS[0], predictions[4]) == (4, 4)


def test_users_with_less_service_are_served_first_as_far_as_they_are_behind() -> None:
    mine, behind, ahead = ids(2), ids(10), ids(10)
    standing = Standing(
        bulk={
            USERS[0]: line(mine, cost=10, finish=50),
            USERS[1]: line(behind, cost=10, finish=20),
            USERS[2]: line(ahead, cost=10, finish=500),
        }
    )

    assert standing.before(Lane.BULK, USERS[0], mine[0]) == (3, 30)
    assert standing.before(Lane.BULK, USERS[0], mine[1]) == (5, 50)


def test_a_place_among_many_users_is_what_each_of_them_is_served_before() -> None:
    dice = random.Random(2)
    users = [UserId(uuid7()) for _ in range(200)]
    bulk = {
        user: line(
            ids(dice.randint(1, 9)), dice.uniform(1, 50), dice.uniform(0, 500), dice.choice([1, 2, 0.5])
        )
        for user in users
    }
    standing = Standing(bulk=bulk)

    for user in users[:50]:
        own = bulk[user]
        for mark in own.marks:
            count, cost = own.before(mark.id)
            reached = own.finish + cost / own.weight
            for other in (each for whose, each in bulk.items() if whose != user):
                served = min(other.cost, max(0.0, (reached - other.finish) * other.weight))
                count, cost = count + other.waiting * served / other.cost, cost + served
            assert standing.before(Lane.BULK, user, mark.id) == pytest.approx((count, cost))


def test_the_pace_follows_what_is_done() -> None:
    pace = Pace()
    for _ in range(20):
        pace.learn(100, 1, is_empty=False)
    assert pace.rate == pytest.approx(100)
    for _ in range(20):
        pace.learn(300, 1, is_empty=False)
    assert pace.rate == pytest.approx(300, rel=0.05)


def test_an_empty_lane_does_not_make_the_pace_slow() -> None:
    pace = Pace()
    pace.learn(100, 1, is_empty=False)
    pace.learn(1, 1, is_empty=True)
    assert pace.rate == 100
    pace.learn(500, 1, is_empty=True)
    assert pace.rate is not None
    assert pace.rate > 100


def test_nothing_done_says_nothing_about_the_pace_at_first() -> None:
    pace = Pace()
    pace.learn(0, 1, is_empty=False)
    assert pace.rate is None


def test_nine_of_ten_waits_are_within_what_is_said() -> None:
    pace, predictions = Pace(), ids(21)
    assert pace.p90 == 2
    for number, each in enumerate(predictions[:20]):
        pace.expect(None, each, 10, 0)
        pace.compare(Standing(small=line([predictions[number + 1]])), 10 + number)

    assert pace.p90 == pytest.approx(2.8)


def test_an_estimate_is_compared_once_it_has_started() -> None:
    pace, predictions = Pace(), ids(3)
    pace.expect(None, predictions[1], 10, 0)
    pace.compare(Standing(small=line(predictions)), 5)
    assert not pace._ratios
    pace.compare(Standing(), 12)
    assert list(pace._ratios) == [1.2]
