"""Counts the results of model versions in this process, until they are stored."""

import json
import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from augury.application.predictions.ports.work import Finished
from augury.domain.model import ModelRef
from augury.domain.prediction import Status
from augury.domain.usage import BOUNDS, NOTHING, Usage

MOST_BYTES = 65_536
"""Larger answers are not searched for labels and values, because that would block the event loop. In
bytes."""
MOST_VALUE = 1e100
"""Values further from 0 are left out, because sums of their squares could be infinite."""
MOST_LABELS = 50
"""The most frequent labels of a group of predictions are counted, at most this many."""
# Quotes within a text are escaped with a backslash in an output, so these patterns never match inside a text.
_LABEL = re.compile(rb'"label":("(?:[^"\\]|\\.)*")')
_VALUE = re.compile(rb'"value":(-?[0-9][0-9.eE+-]*)')


class Tally:
    def __init__(self) -> None:
        self._counted: dict[ModelRef, Usage] = {}

    def count(self, finished: Sequence[Finished]) -> Mapping[ModelRef, Usage]:
        """Count settled predictions. Returns the counts that were added."""
        by_version: dict[ModelRef, list[Finished]] = defaultdict(list)
        for done in finished:
            by_version[done.prediction.model].append(done)
        added = {ref: usage_of(each) for ref, each in by_version.items()}
        for ref, usage in added.items():
            self._counted[ref] = self._counted.get(ref, NOTHING) + usage
        return added

    def take(self) -> Mapping[ModelRef, Usage]:
        """The counts since the last call."""
        taken, self._counted = self._counted, {}
        return taken

    def put_back(self, taken: Mapping[ModelRef, Usage]) -> None:
        """Add counts back that could not be stored."""
        for ref, usage in taken.items():
            self._counted[ref] = self._counted.get(ref, NOTHING) + usage


def usage_of(finished: Sequence[Finished]) -> Usage:
    """The usage from predictions of one version."""
    durations = [0] * (len(BOUNDS) + 1)
    for done in finished:
        durations[bisect_left(BOUNDS, done.seconds)] += 1
    outputs = b"\n".join([done.output for done in finished if done.output and len(done.output) <= MOST_BYTES])
    labels = Counter(_LABEL.findall(outputs)).most_common(MOST_LABELS)
    found = map(float, _VALUE.findall(outputs)) if not labels else ()
    values = [each for each in found if abs(each) <= MOST_VALUE]
    succeeded = sum(done.prediction.status is Status.SUCCEEDED for done in finished)
    return Usage(
        succeeded=succeeded,
        failed=len(finished) - succeeded,
        rows=sum(done.prediction.rows for done in finished),
        invalid_rows=sum(done.prediction.rows - done.prediction.valid_rows for done in finished),
        seconds=sum(done.seconds for done in finished),
        durations=tuple(durations),
        labels={json.loads(label): count for label, count in labels},
        value_count=len(values),
        value_sum=math.fsum(values),
        value_squares=math.fsum(each * each for each in values),
    )
