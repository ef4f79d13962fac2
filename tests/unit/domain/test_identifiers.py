import time
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.domain.identifiers import uuid7

STEP = 245
"""Nanoseconds after which an id has a later time: a little more than a 4096th of a millisecond."""
LAST = 2**48 * 1_000_000 - 1


@given(st.integers(0, LAST), st.one_of(st.integers(STEP, 10_000_000), st.integers(STEP, 10**15)))
def test_an_identifier_made_later_sorts_later(nanoseconds: int, gap: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: nanoseconds)
        earlier = uuid7()
        patch.setattr(time, "time_ns", lambda: nanoseconds + gap)
        later = uuid7()

    assert earlier < later or nanoseconds + gap > LAST
    assert str(earlier) < str(later) or nanoseconds + gap > LAST


def test_an_identifier_says_when_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000

    assert before <= made.int >> 80 <= after


def test_an_identifier_is_a_version_7_uuid_of_the_standard_variant() -> None:
    made = [uuid7() for _ in range(200)]

    assert {each.version for each in made} == {7}
    assert {each.variant for each in made} == {RFC_4122}
    assert all(UUID(str(each)) == each for each in made)


def test_identifiers_of_the_same_moment_differ_in_all_their_random_bits() -> None:
    made = [uuid7().int for _ in range(500)]
    random_bits = 2**62 - 1

    ever_set = ever_clear = 0
    for each in made:
        ever_set |= each
        ever_clear |= ~each
    assert len(set(made)) == len(made)
    assert ever_set & ever_clear & random_bits == random_bits
