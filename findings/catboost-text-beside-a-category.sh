#!/usr/bin/env bash
# CatBoost 1.2.10 learns almost nothing from the naive-Bayes numbers of a text that stands beside a categorical feature
# with target statistics (CTR): here a text alone decides the label, and one category of three values makes the model of
# both worse than the model of the text. The same category as one-hot does no harm. (BM25 behaves like naive Bayes, a bag of words does not.)
#
# Seen with catboost 1.2.10, Python 3.11 (log loss of the training rows):
#   text alone                    0.175
#   text and category (CTR)       0.691
#   text and category (one-hot)   0.173
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "catboost==1.2.10" "numpy<3" "pandas<4"
"$folder/venv/bin/python" - <<'PYTHON'
import random
import sys

import catboost
from catboost import CatBoost, Pool

random.seed(1)
ROWS = 2000
complains = [random.random() < 0.5 for _ in range(ROWS)]
texts = [f"{'rain and cold' if bad else 'sun and warm'} day {random.randrange(50)}" for bad in complains]
plans = [random.choice(["basic", "pro", "team"]) for _ in range(ROWS)]
labels = [int(bad != (random.random() < 0.05)) for bad in complains]


TEXTS = {
    "tokenizers": [{"tokenizer_id": "words", "separator_type": "BySense"}],
    "dictionaries": [{"dictionary_id": "words", "occurrence_lower_bound": "1"}],
    "feature_processing": {"default": [{"tokenizers_names": ["words"], "dictionaries_names": ["words"],
                                        "feature_calcers": ["NaiveBayes"]}]},
}


def loss(columns, categories, texts_at, **options):
    pool = Pool([list(row) for row in zip(*columns)], labels, cat_features=categories, text_features=texts_at)
    model = CatBoost({"loss_function": "Logloss", "iterations": 50, "depth": 3, "learning_rate": 0.1,
                      "random_seed": 1, "thread_count": 1, "logging_level": "Silent",
                      "allow_writing_files": False, "text_processing": TEXTS, **options})
    model.fit(pool)
    return model.get_evals_result()["learn"]["Logloss"][-1]


alone = loss([texts], [], [0])
beside = loss([plans, texts], [0], [1])
one_hot = loss([plans, texts], [0], [1], one_hot_max_size=10)
print("catboost", catboost.__version__)
print(f"text alone                    {alone:.3f}")
print(f"text and category (CTR)       {beside:.3f}")
print(f"text and category (one-hot)   {one_hot:.3f}")
sys.exit(0 if beside > alone + 0.1 and one_hot < alone + 0.1 else 1)
PYTHON
