#!/usr/bin/env bash
# pyarrow 26.0.1, `read_table(…, filters=…)` and datasets: rows with NaN that match the filter are missing, depending on
# how the file was cut into row groups. A row group's statistics leave NaN out (Parquet's format says so, and that "when
# looking for NaN values, min and max should be ignored"). Arrow takes them for all rows: where all numbers of a group are 1,
# it skips the group for `x != 1`, for the opposite of `x <= 5`, and even for `is_nan(x)`. The documentation of `filters`
# says that rows which do not match are removed, not that some which match are. The same rows in other groups, in a file
# without statistics or in memory are all found. (Arrow's issue 34162 reports one case, `is_null(nan_is_null=True)`.)
#
# Seen with Python 3.11 (the column is 1, NaN, 1; each filter should find NaN):
#   pyarrow 26.0.1
#   is_nan(x): in memory 1 row, in groups of one row 1, without statistics 1, in one group 0
#   x != 1: in memory 1 row, in groups of one row 1, without statistics 1, in one group 0
#   not x <= 5: in memory 1 row, in groups of one row 1, without statistics 1, in one group 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pyarrow==26.0.1
"$work/venv/bin/python" - <<'PYTHON' | tee "$work/seen"
import io

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

TABLE = pa.table({"x": [1.0, float("nan"), 1.0]})
x = pc.field("x")


def found(matches, **options):
    file = io.BytesIO()
    pq.write_table(TABLE, file, **options)
    file.seek(0)
    return pq.read_table(file, filters=matches, use_threads=False).num_rows


print("pyarrow", pa.__version__)
for name, matches in {"is_nan(x)": pc.is_nan(x), "x != 1": x != 1, "not x <= 5": ~(x <= 5)}.items():
    print(
        f"{name}: in memory {TABLE.filter(matches).num_rows} row, in groups of one row {found(matches, row_group_size=1)},"
        f" without statistics {found(matches, write_statistics=False)}, in one group {found(matches)}"
    )
PYTHON
diff "$work/seen" - <<'SEEN'
pyarrow 26.0.1
is_nan(x): in memory 1 row, in groups of one row 1, without statistics 1, in one group 0
x != 1: in memory 1 row, in groups of one row 1, without statistics 1, in one group 0
not x <= 5: in memory 1 row, in groups of one row 1, without statistics 1, in one group 0
SEEN
