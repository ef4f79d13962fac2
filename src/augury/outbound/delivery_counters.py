"""Prometheus metrics of the deliveries of webhooks."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from typing_extensions import override

from augury.application.webhooks.ports import DeliveryCounters, Tried, WebhookBacklog
from augury.domain.webhook_try import TryError

OUTCOMES = ("delivered", "answered_error", *TryError)
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15)


class PrometheusDeliveryCounters(DeliveryCounters):
    def __init__(self, registry: CollectorRegistry) -> None:
        tries = Counter(
            "augury_webhook_tries",
            "Attempts to deliver a webhook, by outcome.",
            ("outcome",),
            registry=registry,
        )
        self._tries = {outcome: tries.labels(outcome) for outcome in OUTCOMES}
        self._given_up = Counter(
            "augury_webhook_deliveries_given_up", "Deliveries that get no further attempt.", registry=registry
        )
        self._seconds = Histogram(
            "augury_webhook_try_seconds",
            "Duration of an attempt, until the status of the answer.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._waiting = Gauge(
            "augury_webhook_deliveries_waiting",
            "Unfinished deliveries at the last count, which is made every 15 seconds.",
            registry=registry,
        )
        self._oldest = Gauge(
            "augury_webhook_oldest_due_seconds",
            "How long the oldest delivery had been due at the last count.",
            registry=registry,
        )

    @override
    def tried(self, tried: Sequence[Tried]) -> None:
        for each in tried:
            result = each.result
            outcome = "delivered" if result.is_success else result.error or "answered_error"
            self._tries[outcome].inc()
            self._seconds.observe(result.took.total_seconds())
            if each.wait is None and not result.is_success:
                self._given_up.inc()

    @override
    def backlog(self, backlog: WebhookBacklog) -> None:
        self._waiting.set(backlog.waiting)
        self._oldest.set(backlog.oldest.total_seconds())
