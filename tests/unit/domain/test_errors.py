import importlib
import pkgutil
from collections.abc import Iterator

import augury.domain
from augury.domain.balance import NotEnoughCredits
from augury.domain.errors import DomainError
from augury.domain.prediction import Status, WrongStatus


def all_errors(root: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for error in root.__subclasses__():
        yield error
        yield from all_errors(error)


def test_every_error_says_in_one_sentence_what_is_wrong() -> None:
    for module in pkgutil.iter_modules(augury.domain.__path__):
        importlib.import_module(f"augury.domain.{module.name}")
    errors = list(all_errors())

    assert len(errors) > 20
    for error in errors:
        assert error.__doc__
        assert not error.__doc__.startswith(f"{error.__name__}("), f"{error.__name__} has no words of its own"
        assert error.__doc__.partition("\n")[0].endswith("."), error


def test_an_error_reads_as_its_first_line_and_keeps_its_fields() -> None:
    error = NotEnoughCredits(available=1, price=2)

    assert str(error) == "The balance does not cover the price."
    assert (error.available, error.price) == (1, 2)


def test_errors_can_be_hashed_and_are_equal_to_themselves_only() -> None:
    error = WrongStatus(status=Status.FAILED)

    assert len({error, WrongStatus(status=Status.FAILED), error}) == 2
