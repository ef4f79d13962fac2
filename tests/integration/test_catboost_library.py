"""CatBoost without pandas at first: each test needs a process of its own."""

import subprocess
import sys

SCRIPT = """
import sys
import numpy as np
from augury.outbound.catboost.library import CatBoostClassifier, Pool, load_pandas

rows = [[float(number), "even" if number % 2 else "odd", f"text {number % 3}"] for number in range(60)]
labels = [number % 2 for number in range(60)]
model = CatBoostClassifier(iterations=5, thread_count=1, allow_writing_files=False, verbose=False)
model.fit(Pool(rows, labels, cat_features=[1], text_features=[2]))
array = np.array(rows, dtype=object)
before = model.predict_proba(array)
assert "pandas" not in sys.modules, "it was loaded"

pandas = load_pandas()
frame = pandas.DataFrame(
    {"a": array[:, 0].astype(float), "b": pandas.Categorical(array[:, 1]), "c": array[:, 2]}
)
assert np.array_equal(model.predict_proba(frame), before)
assert np.array_equal(model.predict_proba(array), before)
print("the same")
"""


def test_it_predicts_the_same_without_pandas_and_with_pandas_loaded_later() -> None:
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert ended.stdout == "the same\n", ended.stderr
