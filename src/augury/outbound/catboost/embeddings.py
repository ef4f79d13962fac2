"""Reads from a model file how many numbers each embedding has.

CatBoost itself does not check it: with too few numbers it reads beyond the list, and with too many it leaves
some out. The file has the number in the calculators that turn embeddings into features. The layout is
described in catboost/private/libs/embedding_features of CatBoost's repository. The part begins with its name,
padded to 16 bytes, and the size and content of its directory, which lists the calculators of each embedding.
Then come the calculators, each after its name (padded likewise), its type and its size.
"""

import struct
from collections.abc import Mapping

from augury.domain.model import ModelRefused
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.outbound.catboost.library import CatBoost
from augury.outbound.catboost.seen import child, children, ints, root, vector, whole

_PART, _CALCULATOR = b"embed_process_1", b"EmbedCalcerV1"
_ALIGNMENT, _ID = 16, 16


def embedding_lengths(model: CatBoost) -> Mapping[int, int]:
    """How many numbers each embedding has, by its index among the embeddings. An embedding that no tree uses
    is missing.

    Raises `ModelRefused` if the file cannot be read.
    """
    try:
        return _lengths(model._serialize_model())  # noqa: SLF001  # in memory, unlike `save_model`
    except (ValueError, TypeError, IndexError, KeyError, struct.error) as error:
        reason = Reason.of(ReasonCode.EMBEDDINGS_UNREADABLE, error=str(error))
        raise ModelRefused(reason=reason) from error


def _lengths(content: bytes) -> Mapping[int, int]:
    _, core = struct.unpack_from("<4sI", content)
    begin = content.find(_PART, 8 + core)
    if begin < 0:
        return {}
    begin += _ALIGNMENT
    (size,) = struct.unpack_from("<Q", content, begin)
    directory = root(content[begin + 8 : begin + 8 + size])
    first, count = vector(directory, 0)
    ids = [bytes(directory.Bytes[first + _ID * each : first + _ID * (each + 1)]) for each in range(count)]
    found = _by_id(content, begin + 8 + size)
    return {
        place: found[ids[calculators[0]]]
        for place, each in enumerate(children(directory, 1))
        if len(calculators := ints(each, 0))
    }


def _by_id(content: bytes, begin: int) -> Mapping[bytes, int]:
    """How many numbers each calculator takes, by its id."""
    found = {}
    while (begin := content.find(_CALCULATOR, begin)) >= 0:
        begin += _ALIGNMENT
        _, size = struct.unpack_from("<IQ", content, begin)
        begin += 12
        calculator = root(content[begin : begin + size])
        at = calculator.Pos + calculator.Offset(4)
        found[bytes(calculator.Bytes[at : at + _ID])] = whole(child(calculator, 3), 0)
        begin += size
    return found
