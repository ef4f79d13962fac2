"""Recognizes files that are not CatBoost binary models by their first bytes, and says how to get one."""

import re
from collections.abc import Sequence
from pathlib import Path

MAGIC = b"CBM1"
"""The first bytes of a CatBoost binary model."""
_HEAD = 4096
_SAVE = 'model.save_model("model.cbm")'
_FROM_PYTHON = f"load it in Python, in the environment that wrote it, and save the model: {_SAVE}"
_NO_WAY_BACK = f"it cannot be converted back: save the model where it was trained, {_SAVE}"
_CONVERT = 'convert it: model = CatBoost().load_model("model.{0}", format="{0}"); ' + _SAVE
_UNPACK = f"unpack it first; if it is a pickle of joblib, {_FROM_PYTHON}"

# Each has the pattern of the first bytes, the kind of file, and the advice. The first match counts.
_KINDS: Sequence[tuple[bytes, str, str]] = (
    (rb"\A[\x80(c].*catboost[.\n]", "a pickled CatBoost model", _FROM_PYTHON),
    (
        rb"\A(?:\x80[\x02-\x05]|ccopy_reg\n)",
        "a Python pickle",
        f"if a CatBoost model is in it, {_FROM_PYTHON}",
    ),
    (rb"\A(?:\x1f\x8b|\x78[\x01\x9c\xda]|\x28\xb5\x2f\xfd|\xfd7zXZ|BZh|PK\x03\x04)", "compressed", _UNPACK),
    (
        rb'\A\s*\{.*"(?:features_info|oblivious_trees|model_info)"',
        "a CatBoost model in JSON",
        _CONVERT.format("json"),
    ),
    (rb"\A\x08[\x01-\x1f]\x12\x08CatBoost", "a CatBoost model in ONNX", _NO_WAY_BACK),
    (rb"\A\x08[\x01-\x1f]\x12.{1,3}\n.\n.feature_", "a CatBoost model in Core ML", _CONVERT.format("coreml")),
    (rb"\A\s*(?:<\?xml.*)?<PMML", "a model in PMML", _NO_WAY_BACK),
    (rb"\A#include <.*/\* Model data \*/", "a CatBoost model in C++", _NO_WAY_BACK),
    (rb"\A###\s+Model data\s+class catboost", "a CatBoost model in Python code", _NO_WAY_BACK),
    (rb"\Aversion https://git-lfs", "a pointer of Git LFS", "fetch the file itself: git lfs pull"),
    (rb"\A\s*<(?:!doctype|html)", "a web page", "download the file itself"),
)


def what_else(file: Path) -> str | None:
    """Says what the file is and what to do. None if it begins like a CatBoost binary model.

    Raises `OSError`.
    """
    with file.open("rb") as content:
        head = content.read(_HEAD)
    if not head:
        return "the file is empty"
    if head.startswith(MAGIC):
        return None
    for pattern, what, advice in _KINDS:
        if re.search(pattern, head, re.DOTALL | re.IGNORECASE):
            return f"it is {what}, not a CatBoost binary model (.cbm); {advice}"
    return f"it does not begin like a CatBoost binary model (.cbm): {_SAVE} writes one"
