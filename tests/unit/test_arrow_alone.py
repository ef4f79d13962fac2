"""Arrow without pandas, which is installed beside it for other purposes."""

import subprocess
import sys

SCRIPT = """
import sys
import augury.slices.arrow
import pyarrow as pa
import pyarrow.compute as pc
assert pc.equal(pa.array(["a", None]), "a").to_pylist() == [True, None]
print("pandas" in sys.modules)
"""


def test_reading_tables_does_not_load_pandas() -> None:
    """It would take 70 MB of the bot or the API, and two threads must not look for it at the same time."""
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert ended.stdout == "False\n"
