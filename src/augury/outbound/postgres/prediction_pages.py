"""Statements for pages of predictions. Each reads a bounded part of one index, however long the history is.

If a page shows one of the statuses of the table `unsuccessful`, which few predictions have, its rows are
neighbors in an index. Otherwise they may be far apart, because slices of batches (there may be thousands in
succession) and predictions with another status or version are skipped. So a statement reads at most
`MOST_LOOKED_AT` rows, and a page may be shorter than requested even if more rows follow. A page of unfinished
predictions ends at the oldest of `unfinished`.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

from augury.application.predictions.ports.reads import MOST_LISTED_BYTES
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import Status
from augury.domain.transfer import TransferKind
from augury.outbound.postgres.pages import FIRST, LAST, given, hidden, newest_first, within
from augury.outbound.postgres.prediction_rows import COLUMNS, in_bulk

UNSUCCESSFUL = frozenset({Status.FAILED, Status.CANCELED, Status.EXPIRED})
"""The statuses in the table `unsuccessful`."""
MOST_LOOKED_AT = 1_000

_NAMES = [name.strip() for name in COLUMNS.split(",")]
_STORED = ", ".join(f"p.{name}" for name in (*_NAMES, "output", "warnings"))
# A prediction has at most one refund. One without valid rows cost nothing, so it has none.
_COLUMNS = f"""
    {", ".join(f"p.{name}" for name in _NAMES)},
    CASE WHEN p.rows = 1 AND octet_length(p.output) <= {MOST_LISTED_BYTES} THEN p.output END AS output,
    0 AS large_output, NULL AS errors, p.warnings, {in_bulk("p")},
    CASE WHEN p.valid_rows > 0 THEN (
        SELECT amount FROM transfers t WHERE t.reference = p.id AND t.kind = '{TransferKind.REFUND}'
    ) END AS refunded
"""
LISTED = f"SELECT {_COLUMNS} FROM predictions p WHERE p.id = ANY ({given(1)})"
Arguments: TypeAlias = tuple[str, *tuple[object, ...]]
"""The SQL, then the values of `$1`, `$2`, …"""
Model: TypeAlias = tuple[str, int | None]
"""A model's name, and the version if only one is wanted."""


@dataclass(frozen=True, slots=True)
class WantedPredictions:
    """The predictions of one user, older than `before`, that a page shows."""

    owner: UserId
    before: PredictionId | None = None
    status: Status | None = None
    model: Model | None = None

    @property
    def is_scattered(self) -> bool:
        """Whether the rows of a page may be far apart, so that it may be short without being the last."""
        return self.status not in UNSUCCESSFUL or self.model is not None

    def page(self, most: int) -> Arguments:
        """The statement of the page, up to `most` rows.

        If the page is scattered, each row also has its `place` among the rows that were looked at, and says
        whether it `fits`. The last of `MOST_LOOKED_AT` rows is always returned, since it says where the next
        page begins.
        """
        given = _Given()
        source, limit = self._source(given), hidden(given(most))
        looked_at = f"{source} LIMIT {hidden(given(MOST_LOOKED_AT)) if self.is_scattered else limit}"
        if self.status in UNSUCCESSFUL:  # the inner LIMIT 1 keeps the planner from joining all predictions
            place = ", u.place" if self.is_scattered else ""
            looked_at = f"""
                SELECT {_STORED}, u.id AS found{place} FROM ({looked_at}) AS u
                CROSS JOIN LATERAL (SELECT {_STORED} FROM predictions p WHERE p.id = u.id LIMIT 1) AS p
            """
        fits, more = self._conditions(given), ""
        if self.is_scattered:
            fits, more = f"{fits} OR p.place = {MOST_LOOKED_AT}", f", p.place, {fits} AS fits"
        # `found` equals `id`, but only of `found` the planner knows that it is already in order.
        order = "p.found" if self.status in UNSUCCESSFUL else self._order
        sql = f"""
            SELECT {_COLUMNS}{more} FROM ({looked_at}) AS p WHERE {fits}
            ORDER BY {newest_first(order)} LIMIT {limit}
        """
        return sql, *given.values

    def _source(self, given: "_Given") -> str:
        """The rows that are looked at, newest first."""
        before = LAST if self.before is None else self.before
        if self.status in UNSUCCESSFUL:
            return f"""
                SELECT p.prediction_id AS id{self._numbered("p.prediction_id")} FROM unsuccessful p
                WHERE p.user_id = {given(self.owner)} AND p.status = {given(self.status)}
                    AND p.prediction_id < {given(before)}
                ORDER BY p.prediction_id DESC
            """
        oldest = "(SELECT prediction_id FROM unfinished ORDER BY prediction_id LIMIT 1)"
        since = FIRST if self.status in (None, Status.SUCCEEDED) else oldest
        if self.model:  # nor does the index by user fit: it begins with other columns than this order
            condition = f"p.user_id = {given(self.owner)} AND "
            values = given(self.model[0])
        else:
            condition, values = "", given(self.owner)
        return f"""
            SELECT {_STORED}{self._numbered(self._order)} FROM predictions p
            WHERE {condition}{within(self._order, values, before=given(before), since=since)}
            ORDER BY {newest_first(self._order)}
        """

    @property
    def _order(self) -> str:
        """The columns in whose order an index is followed."""
        return "p.model_name, p.id" if self.model else "p.user_id, p.id"

    def _conditions(self, given: "_Given") -> str:
        """The conditions that `_source` does not guarantee, in parentheses."""
        name, version = self.model or (None, None)
        is_rare = self.status in UNSUCCESSFUL
        no_slice = "true" if is_rare else "p.batch_id IS NULL"
        wanted = {
            "status": None if is_rare else self.status,
            "model_name": name if is_rare else None,
            "model_version": version,
        }
        others = [f" AND p.{name} = {given(value)}" for name, value in wanted.items() if value is not None]
        return f"({no_slice}{''.join(others)})"

    def _numbered(self, order: str) -> str:
        """The column `place`, if it is needed. It is counted while the index is followed."""
        return f", row_number() OVER (ORDER BY {newest_first(order)}) AS place" if self.is_scattered else ""


@dataclass(slots=True)
class _Given:
    """Collects the values of a statement's parameters. Call it with a value to get its placeholder."""

    values: list[object] = field(default_factory=list)

    def __call__(self, value: object) -> str:
        self.values.append(value)
        return f"${len(self.values)}"
