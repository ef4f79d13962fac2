#!/usr/bin/env bash
# pytest-timeout 2.4.0 with hypothesis 6.170.17: the time limit of a test ends one example, not the test. The limit
# raises an exception where the test waits. Hypothesis takes it for a failed example and runs that example again, to
# see whether it fails each time. Nothing limits the second run, because the timer has fired. It waits to the end,
# however long that takes, and only then does the test fail. If the wait never ends, the run never ends, and no
# failure is shown.
#
# Seen with Python 3.11 and pytest 9.2.0, where the wait takes 4 s and the limit is 1 s:
#   a plain test ends after its limit
#   a test of hypothesis waits again, to the end, after its limit
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet hypothesis==6.170.17 pytest==9.2.0 pytest-timeout==2.4.0
cat >"$work/test_waits.py" <<'PYTHON'
import time
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies

ENDS = Path(__file__).with_name("ends")


def wait(kind):
    time.sleep(4)
    ENDS.open("a").write(f"{kind}\n")  # only a wait that nothing has cut short comes here


@pytest.mark.timeout(1)
def test_plain():
    wait("plain")


@pytest.mark.timeout(1)
@settings(deadline=None, database=None, max_examples=1)
@given(strategies.just(0))
def test_of_hypothesis(_):
    wait("of hypothesis")
PYTHON
cd "$work"
"$work/venv/bin/pytest" --quiet --tb=no -p no:cacheprovider test_waits.py || true
touch ends
[[ $(grep -c "^plain$" ends || true) == 0 ]] || { echo "a plain test goes on after its limit"; exit 1; }
echo "a plain test ends after its limit"
[[ $(grep -c "^of hypothesis$" ends) -ge 1 ]] || { echo "it behaves otherwise now"; exit 1; }
echo "a test of hypothesis waits again, to the end, after its limit"
