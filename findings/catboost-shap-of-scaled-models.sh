#!/usr/bin/env bash
# catboost 1.2.10 (2026): `ShapValues` of a model of several classes ignore its scale, without a warning.
#
# `set_scale_and_bias` multiplies the raw values of a model, which calibrates its probabilities. The contributions
# of a row and the base value then have to add up to the scaled raw values. For a model of two classes CatBoost
# refuses to compute them ("Non-identity {Scale} for feature importance is not supported"). For one of several
# classes it answers the contributions of the model without the scale. Expected: scaled ones, or the same error.
#
# Seen with Python 3.11, catboost 1.2.10:
#   2 classes, scale 0.5: refused
#   3 classes, scale 1: the sum misses the raw values by up to 1.8e-15
#   3 classes, scale 0.5: the sum misses the raw values by up to 2.3
#
# Usage: findings/catboost-shap-of-scaled-models.sh    (installs catboost from PyPI into a temporary folder)
# Prints the largest error of each model; exits 0 if they are as described.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet catboost==1.2.10 numpy==2.2.6

cat > "$folder/shap.py" <<'PYTHON'
import sys

import catboost
import numpy as np

random = np.random.default_rng(1)
rows = random.normal(size=(300, 3))
print("catboost", catboost.__version__)
errors = {}
for classes, scale in ((2, 0.5), (3, 1.0), (3, 0.5)):
    target = (rows[:, 0] > 0).astype(int) + (rows[:, 2] > 1) * (classes == 3)
    model = catboost.CatBoostClassifier(
        loss_function="Logloss" if classes == 2 else "MultiClass", iterations=20, depth=3, verbose=False,
        allow_writing_files=False, thread_count=1,
    )
    pool = catboost.Pool(rows, target)
    model.fit(pool)
    model.set_scale_and_bias(scale, [0.0] * (1 if classes == 2 else 3))
    try:
        shares = model.get_feature_importance(pool, type="ShapValues")
    except catboost.CatBoostError as error:
        errors[classes, scale] = None
        print(f"{classes} classes, scale {scale:g}: refused: {error}")
        continue
    raw = model.predict(pool, prediction_type="RawFormulaVal").reshape(300, -1)
    errors[classes, scale] = np.abs(shares.reshape(300, -1, 4).sum(axis=2) - raw).max()
    print(f"{classes} classes, scale {scale:g}: the sum misses the raw values by up to {errors[classes, scale]:.2g}")
as_described = errors[2, 0.5] is None and errors[3, 1.0] < 1e-9 and errors[3, 0.5] > 1e-3
sys.exit(0 if as_described else 1)
PYTHON
"$folder/venv/bin/python" "$folder/shap.py"
