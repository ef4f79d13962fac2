"""Metrics for Prometheus. Everything is counted when it happens."""

import asyncio
import math
from collections.abc import Callable
from datetime import UTC, datetime

from litestar import Request, get
from litestar.datastructures import State
from litestar.response.base import ASGIResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from augury.application.money.ports import Ledger, LedgerCheck
from augury.application.ports import Unavailable
from augury.inbound.http.edge.connections import Limit

PATIENCE = 1.0
"""Seconds to wait for the result of the last check of the books, so that a scrape does not hang."""
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The metrics of one application. Two applications in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "augury_http_requests",
            "Responses by route, method and status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "augury_http_request_seconds",
            "Time until the response started, by route.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._limits = Counter(
            "augury_http_limits",
            "Connections and requests that ended at a limit, by limit.",
            ("limit",),
            registry=self.registry,
        )
        for limit in Limit:
            self._limits.labels(limit)
        self._connections = Gauge(
            "augury_http_connections",
            "Open connections.",
            registry=self.registry,
        )
        self._ledger_checked_at = Gauge(
            "augury_ledger_last_check_timestamp_seconds",
            "When the newest check of all the books began; NaN if there was none.",
            registry=self.registry,
        )
        self._ledger_age = Gauge(
            "augury_ledger_last_check_age_seconds",
            "How long ago the newest check began.",
            registry=self.registry,
        )
        self._ledger_deviations = Gauge(
            "augury_ledger_last_check_deviations",
            "How many deviations the newest check found.",
            registry=self.registry,
        )
        self.ledger_checked(None)
        self._by_answer: dict[tuple[str, str, int], Counter] = {}
        self._by_route: dict[str, Histogram] = {}

    def show_also(self, counted: CollectorRegistry) -> None:
        """Show the counters of the use cases on the same page."""
        self.registry.register(counted)

    def show_connections(self, count: Callable[[], int]) -> None:
        """Show how many connections are open. `count` is called for each scrape."""
        self._connections.set_function(count)

    def limited(self, limit: Limit) -> None:
        """Count a refusal or an end at `limit`."""
        self._limits.labels(limit).inc()

    def ledger_checked(self, check: LedgerCheck | None) -> None:
        """Show the newest check of the books. None: there was none, or it cannot be read."""
        at = check.at.timestamp() if check else math.nan
        self._ledger_checked_at.set(at)
        self._ledger_age.set(datetime.now(UTC).timestamp() - at)
        self._ledger_deviations.set(check.deviations if check else math.nan)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """`route` is a route's template, so that there are only as many labels as routes."""
        method = method if method in _METHODS else "other"
        key = (route, method, status)
        count = self._by_answer.get(key)
        if count is None:
            count = self._by_answer[key] = self._requests.labels(route, method, str(status))
            self._by_route[route] = self._seconds.labels(route)
        count.inc()
        self._by_route[route].observe(seconds)


@get("/metrics", include_in_schema=False)
async def metrics(request: Request[None, None, State]) -> ASGIResponse:
    counted: Metrics = request.app.state.metrics
    ledger: Ledger = request.app.state.ledger
    try:
        async with asyncio.timeout(PATIENCE):
            counted.ledger_checked(await ledger.last_check())  # one row, from any process
    except (Unavailable, TimeoutError):
        counted.ledger_checked(None)
    return ASGIResponse(
        body=generate_latest(counted.registry), media_type=CONTENT_TYPE_LATEST.partition("; charset")[0]
    )
