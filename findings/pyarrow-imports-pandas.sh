#!/usr/bin/env bash
# pyarrow 26.0.1 imports pandas, where that is installed, when it converts the first list of Python values:
# `pa.array([1])` is enough, although this call has nothing to do with pandas. `import pyarrow`, reading CSV and
# writing Parquet do not import it. So a process that only handles Arrow's own tables suddenly takes tens of megabytes
# and some tenths of a second more, in the middle of its work, because another program of the same environment needs
# pandas.
#
# Seen with Python 3.11 and pandas 3.1.1 (the memory varies with the machine):
#   pyarrow 26.0.1, pandas 3.1.1
#   imported: no pandas
#   a CSV file read and written as Parquet: no pandas
#   pa.array([1]): pandas, 45 MB more
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pyarrow==26.0.1 pandas==3.1.1
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import io
import resource
import sys
from importlib.metadata import version

print(f"pyarrow {version('pyarrow')}, pandas {version('pandas')}")


def look(what):
    print(f"{what}: {'pandas' if 'pandas' in sys.modules else 'no pandas'}")
    return "pandas" in sys.modules


def most_memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

imported = look("imported")
table = pyarrow.csv.read_csv(io.BytesIO(b"a,b\n1,x\n2,y\n"))
pyarrow.parquet.write_table(table, io.BytesIO())
tables = look("a CSV file read and written as Parquet")
before = most_memory()
pa.array([1])
print(f"pa.array([1]): {'pandas' if 'pandas' in sys.modules else 'no pandas'}, {most_memory() - before} MB more")
assert (imported, tables, "pandas" in sys.modules) == (False, False, True), "it behaves otherwise now"
PYTHON
