"""Reads from a model file which values the training data had.

CatBoost does not store categories as texts. For a feature with few categories ("one-hot"), the file has the
hashes of those that its trees use, which may not be all. For other features, it has tables of the target's
statistics ("CTR"), whose keys are derived from the hashes. A table of a single feature has a key for each
category of the training data. A feature that is used only in combinations with others has no such table, so
nothing is known of its categories.

The layout is described in catboost/libs/model/flatbuffers of CatBoost's repository: "CBM1", the size of the
core, the core (model.fbs), and then the parts that the core lists. The first part has the tables: their
number, and the size and content of each (ctr_data.fbs).
"""

import logging
import mmap
import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from clickhouse_cityhash.cityhash import CityHash64
from flatbuffers import number_types
from flatbuffers.encode import Get
from flatbuffers.table import Table

Hashes = npt.NDArray[np.uint64]

_FACTOR = np.uint64(0x4906BA494954CB65**2 % 2**64)  # CatBoost's `CalcHash` multiplies by its root twice
_NO_KEY = np.uint64(2**64 - 1)  # marks an empty bucket
_BUCKET = np.dtype([("key", "<u8"), ("index", "<u4")])
_TABLES = b"static_provider_v1"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SeenCategories:
    """Hashes of one feature's categories. If not complete, the training data may have had others."""

    hashes: Hashes
    """Sorted."""
    is_complete: bool

    def has(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """Whether each of `hashes` is among them."""
        if not len(self.hashes):
            return np.zeros(len(hashes), dtype=np.bool_)
        places = np.minimum(self.hashes.searchsorted(hashes), len(self.hashes) - 1)
        return np.equal(self.hashes[places], hashes)


NOTHING_SEEN = SeenCategories(np.empty(0, dtype=np.uint64), is_complete=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the training data. Features are given by index, and missing if nothing is known."""

    categories: Mapping[int, SeenCategories] = field(default_factory=dict)
    never_null: frozenset[int] = frozenset()
    """The numeric features that the model uses and that were never missing in training."""


def category_hashes(texts: Sequence[str]) -> Hashes:
    """CatBoost's table keys of the categories. They differ if the 32-bit hashes differ."""
    hashes = np.fromiter((CityHash64(text.encode()) for text in texts), dtype=np.uint64, count=len(texts))
    return _keys(hashes.astype(np.uint32))


def category_hash(text: str) -> int:
    """CatBoost's own hash of a category, as its trees compare it."""
    return int(np.uint32(CityHash64(text.encode()) & 0xFFFF_FFFF).view(np.int32))


def seen_in(file: Path) -> Seen:
    """Read what is known of the training data. If the file cannot be read, nothing is known."""
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return _seen(content)
    except (OSError, ValueError, TypeError, IndexError, struct.error) as error:
        log.warning("the categories of the training data cannot be read from %s: %s", file.name, error)
        return Seen()


def _seen(content: mmap.mmap) -> Seen:
    magic, size = struct.unpack_from("<4sI", content)
    if magic != b"CBM1":
        return Seen()
    core = root(content[8 : 8 + size])
    trees = child(core, 1)
    flat = {whole(feature, 0): whole(feature, 1) for feature in children(trees, 4)}
    found = defaultdict(list)
    for feature in children(trees, 6):
        found[flat[whole(feature, 0)]].append(_keys(ints(feature, 1).astype(np.uint32)))
    complete = set()
    if _first_part(core) == _TABLES:
        for index, keys in _tables(content, 8 + size):
            found[flat[index]].append(keys)
            complete.add(flat[index])
    return Seen(
        {
            index: SeenCategories(np.unique(np.concatenate(keys)), index in complete)
            for index, keys in found.items()
        },
        frozenset(
            whole(feature, 2)
            for feature in children(trees, 5)
            if not _bool(feature, 0) and vector(feature, 3)[1]
        ),
    )


def _tables(content: mmap.mmap, begin: int) -> Iterator[tuple[int, Hashes]]:
    """The tables of single features: the index among the categorical features, and the keys."""
    (count,) = struct.unpack_from("<I", content, begin)
    begin += 4
    for _ in range(count):
        (size,) = struct.unpack_from("<I", content, begin)
        table = root(content[begin + 4 : begin + 4 + size])
        begin += 4 + size
        combination = child(child(table, 0), 0)
        features = ints(combination, 0)
        if len(features) == 1 and not vector(combination, 1)[1] and not vector(combination, 2)[1]:
            start, length = vector(table, 1)
            keys = np.frombuffer(table.Bytes, _BUCKET, length // _BUCKET.itemsize, start)["key"]
            yield int(features[0]), keys[keys != _NO_KEY].astype(np.uint64)


def _keys(hashes: npt.NDArray[np.uint32]) -> Hashes:
    """CatBoost reads the 32 bits as a signed number. numpy's products overflow like those of C."""
    return hashes.view(np.int32).astype(np.int64).view(np.uint64) * _FACTOR


def root(content: bytes) -> Table:
    return Table(content, Get(number_types.UOffsetTFlags.packer_type, content, 0))


def _offset(table: Table, slot: int) -> int:
    return int(table.Offset(4 + 2 * slot))


def child(table: Table, slot: int) -> Table:
    """The table in a slot. Raises `ValueError` if it is not set."""
    offset = _offset(table, slot)
    if not offset:
        raise ValueError("a part is missing")
    return Table(table.Bytes, table.Indirect(table.Pos + offset))


def vector(table: Table, slot: int) -> tuple[int, int]:
    """The position and the number of elements of the vector in a slot: (0, 0) if it is not set."""
    offset = _offset(table, slot)
    return (table.Vector(offset), table.VectorLen(offset)) if offset else (0, 0)


def children(table: Table, slot: int) -> Iterator[Table]:
    begin, count = vector(table, slot)
    for place in range(begin, begin + 4 * count, 4):
        yield Table(table.Bytes, table.Indirect(place))


def ints(table: Table, slot: int) -> npt.NDArray[np.int32]:
    begin, count = vector(table, slot)
    return np.frombuffer(table.Bytes, np.dtype("<i4"), count, begin)


def whole(table: Table, slot: int) -> int:
    """The 32-bit number in a slot, or -1 if it is not set."""
    offset = _offset(table, slot)
    return int(table.Get(number_types.Int32Flags, table.Pos + offset)) if offset else -1


def _bool(table: Table, slot: int) -> bool:
    offset = _offset(table, slot)
    return bool(table.Get(number_types.BoolFlags, table.Pos + offset)) if offset else False


def _first_part(core: Table) -> bytes | None:
    begin, count = vector(core, 3)
    return bytes(core.String(begin)) if count else None
