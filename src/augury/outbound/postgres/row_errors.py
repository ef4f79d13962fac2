"""The stored form of row errors: a JSON array of `{"row", "field", "message"}`. Warnings are similar.

`message` is the code of the fault. Releases up to 0.1 stored an English sentence instead, which becomes its
code when it is read. Those releases show the code of an error that a later release wrote.
"""

from collections.abc import Mapping, Sequence

import msgspec

from augury.domain.row_errors import RowDoubt, RowError, RowFault, RowWarning


class _StoredError(msgspec.Struct):
    row: int
    field: str | None
    message: str


class _StoredWarning(msgspec.Struct, omit_defaults=True):
    row: int | None
    field: str | None
    code: str
    count: int = 0


_SENTENCES: Mapping[str, RowFault] = {
    "must be an object": RowFault.NOT_AN_OBJECT,
    "is missing": RowFault.MISSING,
    "is not a feature of the model": RowFault.UNKNOWN,
    "must be a number or null": RowFault.NOT_A_NUMBER,
    "must be a finite number": RowFault.NOT_FINITE,
    "must be a string or a whole number": RowFault.NOT_A_CATEGORY,
    "must be a 64-bit whole number": RowFault.NOT_64_BIT,
    "must be a string": RowFault.NOT_A_TEXT,
    "must not contain NUL or lone surrogates": RowFault.NOT_STORABLE,
    "the model could not predict this row": RowFault.NOT_PREDICTED,
}
_FAULTS = {**_SENTENCES, **{fault.value: fault for fault in RowFault}}
_DOUBTS = {doubt.value: doubt for doubt in RowDoubt}
_errors = msgspec.json.Decoder(list[_StoredError])
_warnings = msgspec.json.Decoder(list[_StoredWarning])


def encoded_errors(errors: Sequence[RowError]) -> bytes | None:
    """Encode the errors. Returns None if there are none: most predictions have none, and NULL takes no
    space."""
    if not errors:
        return None
    return msgspec.json.encode([_StoredError(error.row, error.field, error.fault) for error in errors])


def decoded_errors(text: bytes | None) -> Sequence[RowError]:
    """Decode the errors. An unknown fault, written by another release, becomes `NOT_PREDICTED`."""
    if text is None:
        return ()
    return tuple(
        RowError(each.row, each.field, _FAULTS.get(each.message, RowFault.NOT_PREDICTED))
        for each in _errors.decode(text)
    )


def encoded_warnings(warnings: Sequence[RowWarning]) -> bytes | None:
    if not warnings:
        return None
    return msgspec.json.encode(
        [_StoredWarning(each.row, each.field, each.doubt, each.count) for each in warnings]
    )


def decoded_warnings(text: bytes | None) -> Sequence[RowWarning]:
    """Decode the warnings. Unknown doubts, written by a later release, are left out."""
    if text is None:
        return ()
    return tuple(
        RowWarning(each.row, each.field, _DOUBTS[each.code], each.count)
        for each in _warnings.decode(text)
        if each.code in _DOUBTS
    )
