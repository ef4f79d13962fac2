"""Recognizes files that are not CatBoost binary models by their first bytes."""

import re
from collections.abc import Sequence
from pathlib import Path

from augury.domain.reason_codes import ReasonCode

MAGIC = b"CBM1"
"""The first bytes of a CatBoost binary model."""
_HEAD = 4096
# Each has the pattern of the first bytes and the kind of file. The first match counts.
_KINDS: Sequence[tuple[bytes, ReasonCode]] = (
    (rb"\A[\x80(c].*catboost[.\n]", ReasonCode.PICKLED_MODEL),
    (rb"\A(?:\x80[\x02-\x05]|ccopy_reg\n)", ReasonCode.PICKLE),
    (rb"\A(?:\x1f\x8b|\x78[\x01\x9c\xda]|\x28\xb5\x2f\xfd|\xfd7zXZ|BZh|PK\x03\x04)", ReasonCode.COMPRESSED),
    (rb'\A\s*\{.*"(?:features_info|oblivious_trees|model_info)"', ReasonCode.JSON_MODEL),
    (rb"\A\x08[\x01-\x1f]\x12\x08CatBoost", ReasonCode.ONNX_MODEL),
    (rb"\A\x08[\x01-\x1f]\x12.{1,3}\n.\n.feature_", ReasonCode.CORE_ML_MODEL),
    (rb"\A\s*(?:<\?xml.*)?<PMML", ReasonCode.PMML_MODEL),
    (rb"\A#include <.*/\* Model data \*/", ReasonCode.CPP_MODEL),
    (rb"\A###\s+Model data\s+class catboost", ReasonCode.PYTHON_MODEL),
    (rb"\Aversion https://git-lfs", ReasonCode.GIT_LFS_POINTER),
    (rb"\A\s*<(?:!doctype|html)", ReasonCode.WEB_PAGE),
)


def what_else(file: Path) -> ReasonCode | None:
    """What the file is instead. None if it begins like a CatBoost binary model.

    Raises `OSError`.
    """
    with file.open("rb") as content:
        head = content.read(_HEAD)
    if not head:
        return ReasonCode.EMPTY
    if head.startswith(MAGIC):
        return None
    for pattern, kind in _KINDS:
        if re.search(pattern, head, re.DOTALL | re.IGNORECASE):
            return kind
    return ReasonCode.NO_CATBOOST_MODEL
