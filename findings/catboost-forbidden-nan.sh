#!/usr/bin/env bash
# CatBoost 1.2.10, missing numbers at prediction: `nan_mode` counts only for a feature that had missing values in
# training. A model trained with `Max` on a column without any predicts a NaN as the smallest value, and a model
# trained with `Forbidden` predicts it, too, where training on a NaN is an error.
#
# Seen with Python 3.11:
#   catboost 1.2.10
#   Min, none missing in training: NaN is predicted as 0
#   Max, none missing in training: NaN is predicted as 0
#   Max, some missing in training: NaN is predicted as 1
#   Forbidden: NaN is predicted as 0
#   Forbidden: NaN in training is refused
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet catboost==1.2.10
cd "$work"
"$work/venv/bin/python" - <<'PYTHON' | tee "$work/seen"
import catboost
import numpy as np
from catboost import CatBoostError, CatBoostRegressor

X = np.linspace(0, 1, 200).reshape(-1, 1)
Y = (X[:, 0] > 0.5).astype(float)
HOLES = X.copy()
HOLES[150::10] = np.nan


def trained(x, nan_mode):
    model = CatBoostRegressor(
        iterations=50, learning_rate=0.5, nan_mode=nan_mode, verbose=False, allow_writing_files=False
    )
    return model.fit(x, Y)


def of_nan(model):
    return f"NaN is predicted as {abs(model.predict([[float('nan')]])[0]):.0f}"


print("catboost", catboost.__version__)
print("Min, none missing in training:", of_nan(trained(X, "Min")))
print("Max, none missing in training:", of_nan(trained(X, "Max")))
print("Max, some missing in training:", of_nan(trained(HOLES, "Max")))
print("Forbidden:", of_nan(trained(X, "Forbidden")))
try:
    trained(HOLES, "Forbidden")
except CatBoostError:
    print("Forbidden: NaN in training is refused")
PYTHON
diff "$work/seen" - <<'SEEN'
catboost 1.2.10
Min, none missing in training: NaN is predicted as 0
Max, none missing in training: NaN is predicted as 0
Max, some missing in training: NaN is predicted as 1
Forbidden: NaN is predicted as 0
Forbidden: NaN in training is refused
SEEN
