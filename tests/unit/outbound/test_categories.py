"""Values of a categorical feature are read by several threads at the same time."""

from collections.abc import Iterable

import pytest

from augury.outbound.catboost import categories
from augury.outbound.catboost.categories import Categories
from augury.outbound.catboost.seen import NOTHING_SEEN


def test_a_thread_that_forgets_values_does_not_take_them_from_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(categories, "MOST_REMEMBERED", 2)
    feature = Categories(NOTHING_SEEN, ["a", "b"], texts_are_all=True)
    known, calls = Categories._known, 0

    def overtaken(self: Categories, texts: Iterable[str]) -> set[str]:
        """Another thread reads two slices before the second look-up, and forgets the values of the first."""
        nonlocal calls
        calls += 1
        if calls == 2:
            self.read(["x", "y", "z"], {str})
            self.read(["w"], {str})
        return known(self, texts)

    monkeypatch.setattr(Categories, "_known", overtaken)

    assert feature.read(["a", "c", "b"], {str}) == (["a", "c", "b"], [1])
