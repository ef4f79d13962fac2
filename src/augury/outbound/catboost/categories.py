"""Maps the values of a categorical feature to the model's categories, and finds those it has never seen."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias, cast

from augury.domain.values import category, spellings
from augury.outbound.catboost.seen import SeenCategories, category_hashes

MOST_REMEMBERED = 100_000
"""The most values of one feature whose categories are cached."""

Sent: TypeAlias = str | float
_Key: TypeAlias = str | tuple[type, float]  # True, 1 and 1.0 are equal keys, but different categories


class Categories:
    """The categories of one feature. Several threads may read values."""

    def __init__(self, seen: SeenCategories, texts: Collection[str], *, texts_are_all: bool) -> None:
        """`texts` are the categories of the training data that are known by name, from any source.
        `texts_are_all` says that there were no others."""
        self._seen = seen
        self._texts = frozenset(texts)
        self._is_complete = seen.is_complete or texts_are_all
        self._is_unknown = not self._texts and not len(seen.hashes)
        self._read: dict[_Key, tuple[str, bool]] = {}

    def read(self, values: Sequence[Sent], kinds: Collection[type]) -> tuple[Sequence[Sent], Sequence[int]]:
        """Returns the values as the model's categories, and the indexes of those that it has never seen.

        `kinds` are the types of the values.
        """
        are_texts = set(kinds) == {str}
        if are_texts and self._is_unknown:
            return values, ()
        keys: Sequence[_Key] = cast("Sequence[str]", values) if are_texts else list(map(_key, values))
        different = set(keys)
        read = self._learned(different)
        if all(read[key] == (key, False) for key in different):
            return values, ()
        unseen = {key for key in different if read[key][1]}
        places = [place for place, key in enumerate(keys) if key in unseen] if unseen else ()
        return [read[key][0] for key in keys], places

    def _learned(self, keys: Collection[_Key]) -> Mapping[_Key, tuple[str, bool]]:
        """The categories of these values, among others."""
        if len(self._read) > MOST_REMEMBERED:
            self._read = {}  # another thread may still use the old ones
        read = self._read
        new = [key for key in keys if key not in read]
        if not new:
            return read
        known = self._known({key for key in new if isinstance(key, str)})
        read.update((text, (text, False)) for text in known)
        if len(known) == len(new):
            return read
        others = {key: key if isinstance(key, str) else key[1] for key in new if key not in known}
        known = self._known({text for value in others.values() for text in spellings(value)})
        for key, value in others.items():
            text = category(value, known.__contains__)
            read[key] = text, self._is_complete and text not in known
        return read

    def _known(self, texts: Iterable[str]) -> set[str]:
        asked = list(texts)
        found = self._seen.has(category_hashes(asked)).tolist()
        return {text for text, is_there in zip(asked, found, strict=True) if is_there or text in self._texts}


def _key(value: Sent) -> _Key:
    return value if isinstance(value, str) else (type(value), value)
