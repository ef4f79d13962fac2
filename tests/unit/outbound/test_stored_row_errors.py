import json

import pytest

from augury.domain.row_errors import RowError, RowFault
from augury.outbound.postgres.row_errors import decoded_errors, encoded_errors


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("must be an object", RowFault.NOT_AN_OBJECT),
        ("is missing", RowFault.MISSING),
        ("is not a feature of the model", RowFault.UNKNOWN),
        ("must be a number or null", RowFault.NOT_A_NUMBER),
        ("must be a finite number", RowFault.NOT_FINITE),
        ("must be a string or a whole number", RowFault.NOT_A_CATEGORY),
        ("must be a 64-bit whole number", RowFault.NOT_64_BIT),
        ("must be a string", RowFault.NOT_A_TEXT),
        ("must not contain NUL or lone surrogates", RowFault.NOT_STORABLE),
        ("the model could not predict this row", RowFault.NOT_PREDICTED),
        ("what a release to come says", RowFault.NOT_PREDICTED),
    ],
)
def test_what_another_release_has_stored_is_read(sentence: str, fault: RowFault) -> None:
    stored = json.dumps([{"row": 3, "field": "age", "message": sentence}]).encode()

    assert decoded_errors(stored) == (RowError(3, "age", fault),)


def test_a_release_before_this_one_finds_a_message_to_show() -> None:
    stored = encoded_errors([RowError(0, None, RowFault.NOT_PREDICTED)])

    assert stored is not None
    assert json.loads(stored) == [{"row": 0, "field": None, "message": "not_predicted"}]


def test_no_errors_take_no_room() -> None:
    assert encoded_errors(()) is None
    assert decoded_errors(None) == ()
