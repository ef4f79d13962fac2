"""Categories as pandas has them: the codes of a slice always belong to the type that comes with them."""

from augury.outbound.catboost.vocabulary import MOST, Vocabulary


def test_codes_stand_for_the_texts_and_the_type_is_made_once() -> None:
    vocabulary = Vocabulary()
    _, first = vocabulary.codes(["a", "b"])

    codes, dtype = vocabulary.codes(["b", "a", "b"])

    assert dtype is first
    assert [dtype.categories[code] for code in codes] == ["b", "a", "b"]


def test_new_texts_are_added_and_codes_of_before_keep_their_type() -> None:
    vocabulary = Vocabulary()
    old_codes, old = vocabulary.codes(["a", "b"])

    codes, dtype = vocabulary.codes(["c", "b"])

    assert [dtype.categories[code] for code in codes] == ["c", "b"]
    assert [old.categories[code] for code in old_codes] == ["a", "b"]
    assert vocabulary.codes(["a"])[1] is dtype


def test_a_column_of_many_texts_has_a_type_of_its_own_and_nothing_is_remembered_of_it() -> None:
    vocabulary = Vocabulary()
    _, first = vocabulary.codes(["a"])
    many = [f"text {number}" for number in range(MOST + 1)]

    codes, dtype = vocabulary.codes(many)

    assert list(dtype.categories) == many
    assert codes.tolist() == list(range(MOST + 1))
    assert vocabulary.codes(["a"])[1] is first


def test_no_texts_have_no_codes() -> None:
    codes, dtype = Vocabulary().codes([])

    assert (len(codes), list(dtype.categories)) == (0, [])
