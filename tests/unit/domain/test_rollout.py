from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from augury.domain.identifiers import UserId, uuid7
from augury.domain.model import ModelState
from augury.domain.rollout import Offer, place_of, stepping_back
from tests.hexagon import a_model

ACTIVE = a_model("churn", 1)
USER = UserId(UUID("0199a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b"))


def offer(share: float) -> Offer:
    canary = replace(a_model("churn", 2), state=ModelState.CANARY, share=share)
    return Offer(ACTIVE, canary)


@given(st.uuids(), st.floats(0.01, 0.5), st.floats(0.01, 0.5))
def test_users_of_a_share_are_also_in_every_larger_one(id: UUID, one: float, other: float) -> None:
    small, large = sorted((one, other))
    user_id = UserId(id)

    is_in_small = offer(small).of(user_id).ref.version == 2

    assert not is_in_small or offer(large).of(user_id).ref.version == 2
    assert offer(small).of(user_id).ref == offer(small).of(user_id).ref


def test_a_share_is_about_as_large_as_it_says() -> None:
    users = [UserId(uuid7()) for _ in range(5_000)]

    served = sum(offer(0.1).of(user).ref.version == 2 for user in users)

    assert 350 < served < 650  # more than seven standard deviations


def test_places_are_the_same_in_every_process_and_differ_between_names() -> None:
    assert place_of(USER, "churn") == 0.3919653073016999
    assert place_of(USER, "churn") != place_of(USER, "tone")


def test_without_a_user_or_a_canary_the_active_version_serves() -> None:
    assert offer(0.5).of(None) == ACTIVE
    assert Offer(ACTIVE).of(USER) == ACTIVE


def test_a_name_has_one_active_version_and_at_most_one_canary() -> None:
    canary = offer(0.1).canary
    assert canary is not None
    new = a_model("churn", 3)
    stored = [ACTIVE, canary, replace(a_model("churn", 4), state=ModelState.RETIRED)]

    for_active = stepping_back(new, stored)
    for_canary = stepping_back(replace(new, state=ModelState.CANARY, share=0.2), stored)

    assert for_active == [ACTIVE.in_state(ModelState.READY), canary.in_state(ModelState.READY)]
    assert for_canary == [canary.in_state(ModelState.READY)]
    assert stepping_back(replace(new, state=ModelState.READY), stored) == []
    assert stepping_back(ACTIVE, [ACTIVE]) == []
    assert stepping_back(replace(ACTIVE, row_price=7), stored) == [], "it has taken nobody's place"
