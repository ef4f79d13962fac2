#!/usr/bin/env bash
# catboost 1.2.10 (2026): `ShapValues` of a model with a categorical and a text (or embedding) feature name the
# wrong feature, without a warning.
#
# The target depends on the category alone, and so do the predictions. `PredictionValuesChange` says so. The
# Shapley values of the category are nearly 0, and the text gets what belongs to the category. They add up to the
# raw prediction, so that a check of the sum does not notice. Without a text, the category gets its own.
#
# Seen with Python 3.11, catboost 1.2.10, mean of the absolute values:
#   beside a number: category 4.05, other 0.11
#   beside a text: category 0.03, other 4.09, while PredictionValuesChange has 97.3 % and 2.7 %
#   beside an embedding: category 0.05, other 4.14, while it has 98.5 % and 1.5 %
#
# Usage: findings/catboost-shap-of-categories-beside-texts.sh    (installs catboost from PyPI into a temporary
# folder)
# Exits 0 if it is as described.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet catboost==1.2.10 numpy==2.2.6

cat > "$folder/shap.py" <<'PYTHON'
import sys

import catboost
import numpy as np

random = np.random.default_rng(0)
plans = random.choice(["basic", "pro", "team"], 600)
texts = [" ".join(random.choice(["a", "bb", "cc", "dd", "ee", "ff"], 4)) for _ in plans]
print("catboost", catboost.__version__)


def means(second, **kind):
    """The mean absolute Shapley value of the category and of the other feature."""
    pool = catboost.Pool([list(row) for row in zip(plans, second)], plans == "basic", cat_features=[0], **kind)
    model = catboost.CatBoostClassifier(
        iterations=30, depth=3, one_hot_max_size=10, verbose=False, allow_writing_files=False, thread_count=1
    )
    model.fit(pool)
    shares = model.get_feature_importance(pool, type="ShapValues")
    raw = model.predict(pool, prediction_type="RawFormulaVal")
    assert np.abs(shares.sum(axis=1) - raw).max() < 1e-9
    changes = model.get_feature_importance(pool, type="PredictionValuesChange")
    found = np.abs(shares[:, :-1]).mean(axis=0)
    print(f"{kind or 'a number'}: category {found[0]:.2f}, other {found[1]:.2f}; change {changes.round(1)} %")
    return found


number = means(random.normal(size=600).tolist())
text = means(texts, text_features=[1])
embedding = means(random.normal(size=(600, 3)).tolist(), embedding_features=[1])
sys.exit(not (number[0] > number[1] and text[0] < text[1] and embedding[0] < embedding[1]))
PYTHON

"$folder/venv/bin/python" "$folder/shap.py"
