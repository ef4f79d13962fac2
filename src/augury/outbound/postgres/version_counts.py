import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from asyncpg import Pool
from typing_extensions import override

from augury.application.models.ports.counts import CountsOverTime, VersionCounts
from augury.application.retrying import retried
from augury.domain.model import ModelRef
from augury.domain.text import is_storable
from augury.domain.usage import BOUNDS, NOTHING, Usage
from augury.outbound.postgres.pool import transaction
from augury.outbound.postgres.query import fetch

# Both statements write in a fixed order, so that workers that add at the same time never deadlock.
ADD = """
INSERT INTO version_counts AS c (
    name, version, minute, succeeded, failed, rows, invalid_rows, seconds, durations, value_count, value_sum,
    value_squares
)
SELECT name, version, date_trunc('minute', now()), succeeded, failed, rows, invalid_rows, seconds, durations,
    value_count, value_sum, value_squares
FROM jsonb_to_recordset($1::jsonb) AS added (
    name text, version int, succeeded bigint, failed bigint, rows bigint, invalid_rows bigint, seconds float8,
    durations bigint[], value_count bigint, value_sum float8, value_squares float8
) ORDER BY name, version
ON CONFLICT (name, version, minute) DO UPDATE SET
    succeeded = c.succeeded + excluded.succeeded, failed = c.failed + excluded.failed,
    rows = c.rows + excluded.rows, invalid_rows = c.invalid_rows + excluded.invalid_rows,
    seconds = c.seconds + excluded.seconds,
    durations = ARRAY (
        SELECT coalesce(b, 0) + coalesce(a, 0)
        FROM unnest(c.durations, excluded.durations) WITH ORDINALITY AS both_of (b, a, place) ORDER BY place
    ),
    value_count = c.value_count + excluded.value_count, value_sum = c.value_sum + excluded.value_sum,
    value_squares = c.value_squares + excluded.value_squares
"""
ADD_LABELS = """
INSERT INTO version_labels AS l (name, version, minute, label, answers)
SELECT name, version, date_trunc('minute', now()), label, answers
FROM jsonb_to_recordset($1::jsonb) AS added (name text, version int, label text, answers bigint)
ORDER BY name, version, label
ON CONFLICT (name, version, minute, label) DO UPDATE SET answers = l.answers + excluded.answers
"""
_SINCE = "name = $1 AND minute >= date_trunc('minute', now() - $2::interval)"
SUMS = f"""
SELECT version, sum(succeeded)::bigint AS succeeded, sum(failed)::bigint AS failed, sum(rows)::bigint AS rows,
    sum(invalid_rows)::bigint AS invalid_rows, sum(seconds) AS seconds,
    sum(value_count)::bigint AS value_count, sum(value_sum) AS value_sum, sum(value_squares) AS value_squares
FROM version_counts WHERE {_SINCE} GROUP BY version
"""
DURATIONS = f"""
SELECT version, array_agg(predictions ORDER BY place) AS durations FROM (
    SELECT version, place, sum(one)::bigint AS predictions
    FROM version_counts CROSS JOIN LATERAL unnest(durations) WITH ORDINALITY AS each_of (one, place)
    WHERE {_SINCE} GROUP BY version, place
) AS summed GROUP BY version
"""
LABELS = f"""
SELECT version, label, sum(answers)::bigint AS answers FROM version_labels
WHERE {_SINCE} GROUP BY version, label
"""
# Both statements read only the counts of this period, by the primary key or the index of minutes.
_ASKED = """
FROM unnest($1::text[], $2::int[]) AS asked (name, version) JOIN {table} AS c USING (name, version)
WHERE c.minute >= date_trunc('minute', now() - $3::interval)
"""
_DURATIONS = ", ".join(f"sum(durations[{place}])::bigint" for place in range(1, len(BOUNDS) + 2))
BY_STEP = f"""
SELECT c.name, c.version, date_bin($4::interval, c.minute, timestamptz 'epoch') AS at,
    sum(succeeded)::bigint AS succeeded, sum(failed)::bigint AS failed, sum(rows)::bigint AS rows,
    sum(invalid_rows)::bigint AS invalid_rows, sum(seconds) AS seconds,
    ARRAY[{_DURATIONS}] AS durations, sum(value_count)::bigint AS value_count,
    sum(value_sum) AS value_sum, sum(value_squares) AS value_squares
{_ASKED.format(table="version_counts")} GROUP BY c.name, c.version, at ORDER BY at
"""
LABELS_OF = f"""
SELECT c.name, c.version, label, sum(answers)::bigint AS answers
{_ASKED.format(table="version_labels")} GROUP BY c.name, c.version, label
"""


@dataclass(frozen=True, slots=True)
class PostgresVersionCounts(VersionCounts):
    pool: Pool

    @override
    async def add(self, counted: Mapping[ModelRef, Usage]) -> None:
        counts = [
            {**_plain(usage), "name": ref.name, "version": ref.version} for ref, usage in counted.items()
        ]
        labels = [
            {"name": ref.name, "version": ref.version, "label": label, "answers": answers}
            for ref, usage in counted.items()
            for label, answers in usage.labels.items()
            if is_storable(label)
        ]

        async def run() -> None:
            async with transaction(self.pool) as connection:
                await connection.execute(ADD, json.dumps(counts))
                if labels:
                    await connection.execute(ADD_LABELS, json.dumps(labels))

        await retried(run)

    @override
    async def read(self, name: str, *, within: timedelta) -> Mapping[ModelRef, Usage]:
        if not is_storable(name):
            return {}
        found = {
            row["version"]: replace(NOTHING, **{key: each for key, each in row.items() if key != "version"})
            for row in await fetch(self.pool, SUMS, name, within)
        }
        for row in await fetch(self.pool, DURATIONS, name, within):
            before = found.get(row["version"], NOTHING)  # each statement sees what was added meanwhile
            found[row["version"]] = replace(before, durations=tuple(row["durations"]))
        labels: dict[int, dict[str, int]] = {version: {} for version in found}
        for row in await fetch(self.pool, LABELS, name, within):
            labels.setdefault(row["version"], {})[row["label"]] = row["answers"]
        return {
            ModelRef(name, version): replace(usage, labels=labels.get(version, {}))
            for version, usage in found.items()
        }

    @override
    async def by_step(
        self, refs: Sequence[ModelRef], *, within: timedelta, step: timedelta
    ) -> Mapping[ModelRef, CountsOverTime]:
        asked = [each.name for each in refs], [each.version for each in refs], within
        steps: dict[ModelRef, dict[datetime, Usage]] = {}
        for row in await fetch(self.pool, BY_STEP, *asked, step):
            values = dict(row)
            ref = ModelRef(values.pop("name"), values.pop("version"))
            at, durations = values.pop("at"), tuple(values.pop("durations"))
            steps.setdefault(ref, {})[at] = Usage(**values, durations=durations)
        labels: dict[ModelRef, dict[str, int]] = {}
        for row in await fetch(self.pool, LABELS_OF, *asked):
            labels.setdefault(ModelRef(row["name"], row["version"]), {})[row["label"]] = row["answers"]
        return {
            ref: CountsOverTime(replace(sum(of.values(), NOTHING), labels=labels.get(ref, {})), of)
            for ref, of in steps.items()
        }


def _plain(usage: Usage) -> dict[str, object]:
    counts = asdict(usage)
    del counts["labels"]
    return counts
