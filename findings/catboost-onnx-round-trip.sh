#!/usr/bin/env bash
# CatBoost reads back its own ONNX export of a binary classifier with other probabilities, without a warning.
#
# Seen: the classifier has one raw value x a row. Loaded from its ONNX file it has two, -x and x, and its
# probabilities are the softmax of both, as if x were 2x: 0.8459 becomes 0.9679. Labels stay the same. A regression
# comes back as it was, to float32; so does a binary classifier from its Core ML export, exactly.
# Exits 0 while CatBoost behaves so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check catboost==1.2.10 numpy==2.3.5 scipy pandas six
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import catboost
import numpy as np
from catboost import CatBoostClassifier

X = np.random.default_rng(1).normal(size=(100, 2))
y = (X[:, 0] > 0).astype(int)
model = CatBoostClassifier(iterations=20, random_seed=1, verbose=False, allow_writing_files=False).fit(X, y)

def probabilities(file_format):
    model.save_model(f"model.{file_format}", format=file_format)
    again = CatBoostClassifier().load_model(f"model.{file_format}", format=file_format)
    return again.predict_proba(X)[:, 1], (again.predict(X).ravel() == model.predict(X).ravel()).all()

print("catboost", catboost.__version__)
trained = model.predict_proba(X)[:, 1]
raw = model.predict(X, prediction_type="RawFormulaVal")
onnx, same_labels = probabilities("onnx")
coreml, _ = probabilities("coreml")
print("trained", trained[:3], "from ONNX", onnx[:3], "from Core ML", coreml[:3])
print("largest difference from ONNX", abs(onnx - trained).max(), "labels the same:", same_labels)
as_of_2x = np.allclose(onnx, 1 / (1 + np.exp(-2 * raw)), atol=1e-6)
sys.exit(not (as_of_2x and same_labels and np.array_equal(coreml, trained) and abs(onnx - trained).max() > 0.1))
PYTHON
