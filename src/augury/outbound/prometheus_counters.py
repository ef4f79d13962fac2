"""Prometheus metrics of the work of a process."""

import collections
from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from typing_extensions import override

from augury.application.operation.figures_tally import FiguresTally
from augury.application.ports.counters import Counters, StreamLimit
from augury.domain.lane import Lane
from augury.domain.prediction import Prediction, Status
from augury.domain.usage import Usage

MOST_VERSIONS = 100
"""Versions of models that one process counts separately."""
OTHERS = "other"
_SUBMITS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class PrometheusCounters(Counters):
    def __init__(self, registry: CollectorRegistry, figures: FiguresTally | None = None) -> None:
        """Several instances in one process need separate registries. `figures` are counted for operators,
        too."""
        self._figures = figures or FiguresTally()
        self._accepted = Counter(
            "augury_predictions_accepted", "Predictions that were accepted.", registry=registry
        )
        self._rows = Counter("augury_rows_accepted", "Rows of accepted predictions.", registry=registry)
        self._flights = Histogram(
            "augury_submit_flight_size",
            "Submits that shared one transaction.",
            buckets=_SUBMITS,
            registry=registry,
        )
        finished = Counter(
            "augury_predictions_finished",
            "Predictions that this process finished, by final status.",
            ("status",),
            registry=registry,
        )
        self._finished = {status: finished.labels(status) for status in Status if status.is_final}
        self._batches = Histogram(
            "augury_batch_size",
            "Predictions that a worker settled in one transaction.",
            buckets=_SUBMITS,
            registry=registry,
        )
        by_lane = Counter(
            "augury_lane_predictions",
            "Predictions that this worker settled, by lane.",
            ("lane",),
            registry=registry,
        )
        rows_by_lane = Counter(
            "augury_lane_rows", "Rows of these predictions, by lane.", ("lane",), registry=registry
        )
        self._lane_predictions = {lane: by_lane.labels(lane) for lane in Lane}
        self._lane_rows = {lane: rows_by_lane.labels(lane) for lane in Lane}
        self._by_version = Counter(
            "augury_model_predictions",
            "Predictions that this process ran, by version and outcome.",
            ("model", "outcome"),
            registry=registry,
        )
        self._version_rows = Counter(
            "augury_model_rows", "Rows of these predictions, by version.", ("model",), registry=registry
        )
        self._version_seconds = Counter(
            "augury_model_call_seconds",
            "Duration of the calls that answered these predictions, once for each prediction, by version.",
            ("model",),
            registry=registry,
        )
        self._versions: dict[str, _OfVersion] = {}
        self._requeued = Counter(
            "augury_predictions_requeued",
            "Predictions that a sweep queued again, because their message was lost or their lease expired.",
            registry=registry,
        )
        self._refused = Counter(
            "augury_refusals",
            "Requests that a limit of their API key or user refused, by limit.",
            ("limit",),
            registry=registry,
        )
        updates = Counter(
            "augury_telegram_updates",
            "Telegram updates that were handled or given up.",
            ("outcome",),
            registry=registry,
        )
        self._handled, self._given_up = updates.labels("handled"), updates.labels("given_up")
        self._streams = Gauge("augury_event_streams", "Open event streams.", registry=registry)
        self._streams_refused = Counter(
            "augury_event_streams_refused",
            "Event streams that a limit refused, by limit.",
            ("limit",),
            registry=registry,
        )
        for limit in StreamLimit:
            self._streams_refused.labels(limit)
        self._events = Counter("augury_events_sent", "Events that were sent on streams.", registry=registry)
        self._delivered = Counter(
            "augury_telegram_results", "Results whose delivery to a chat ended.", registry=registry
        )

    @override
    def submitted(self, submits: int) -> None:
        self._flights.observe(submits)

    @override
    def accepted(self, predictions: Sequence[Prediction]) -> None:
        self._accepted.inc(len(predictions))
        self._figures.accepted(len(predictions))
        self._rows.inc(sum(prediction.rows for prediction in predictions))

    @override
    def settled(self, predictions: Sequence[Prediction], lane: Lane) -> None:
        self._batches.observe(len(predictions))
        self._lane_predictions[lane].inc(len(predictions))
        self._lane_rows[lane].inc(sum(prediction.rows for prediction in predictions))
        self.ended(predictions)

    @override
    def answered(self, version: str, usage: Usage) -> None:
        if version not in self._versions and len(self._versions) >= MOST_VERSIONS:
            version = OTHERS
        if (counted := self._versions.get(version)) is None:
            counted = self._versions[version] = self._of_version(version)
        counted.succeeded.inc(usage.succeeded)
        counted.failed.inc(usage.failed)
        counted.rows.inc(usage.rows)
        counted.seconds.inc(usage.seconds)

    def _of_version(self, version: str) -> "_OfVersion":
        return _OfVersion(
            self._by_version.labels(version, "succeeded"),
            self._by_version.labels(version, "failed"),
            self._version_rows.labels(version),
            self._version_seconds.labels(version),
        )

    @override
    def ended(self, predictions: Sequence[Prediction]) -> None:
        self._figures.ended(predictions)
        for status, how_many in collections.Counter(each.status for each in predictions).items():
            self._finished[status].inc(how_many)

    @override
    def refused(self, limit: str) -> None:
        self._refused.labels(limit).inc()

    @override
    def requeued(self, predictions: int) -> None:
        self._requeued.inc(predictions)

    @override
    def update_done(self, *, handled: bool) -> None:
        (self._handled if handled else self._given_up).inc()

    @override
    def streams_open(self, streams: int) -> None:
        self._streams.set(streams)

    @override
    def stream_refused(self, limit: StreamLimit) -> None:
        self._streams_refused.labels(limit).inc()

    @override
    def event_told(self) -> None:
        self._events.inc()

    @override
    def result_delivered(self) -> None:
        self._delivered.inc()


@dataclass(frozen=True, slots=True)
class _OfVersion:
    """The counters of one version. They are looked up once, because `labels` takes a lock."""

    succeeded: Counter
    failed: Counter
    rows: Counter
    seconds: Counter
