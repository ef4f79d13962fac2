from itertools import pairwise

from augury.concurrency.pauses import Pauses


def test_pauses_double_up_to_the_last_one_with_up_to_half_taken_off() -> None:
    pauses = Pauses(0.5, 3.0)
    taken = [pauses.next() for _ in range(6)]
    whole = [0.5, 1.0, 2.0, 3.0, 3.0, 3.0]
    assert all(full / 2 <= pause <= full for pause, full in zip(taken, whole, strict=True)), taken


def test_two_processes_do_not_pause_alike() -> None:
    one, other = Pauses(1.0, 1.0), Pauses(1.0, 1.0)
    assert [one.next() for _ in range(8)] != [other.next() for _ in range(8)]


def test_after_a_success_pauses_begin_anew() -> None:
    pauses = Pauses(0.01, 100.0)
    before = [pauses.next() for _ in range(8)]
    pauses.reset()
    assert before[-1] > 0.1
    assert pauses.next() <= 0.01


def test_pauses_never_shrink_by_more_than_chance() -> None:
    pauses = Pauses(0.1, 100.0)
    assert all(after >= before / 2 for before, after in pairwise(pauses.next() for _ in range(20)))
