"""The figures of a version as an entry of a list."""

import math

from augury.application.models.compare_versions import VersionUsage
from augury.bootstrap.cli.listing import Entry

COLUMNS = (
    *("model", "state", "share", "predictions", "failed", "invalid_rows", "mean_ms", "p95_ms"),
    *("labels", "mean", "deviation"),
)
MOST_LABELS = 5


def health_entry(counted: VersionUsage) -> Entry:
    """`share` is in percent, `labels` are the most frequent ones with their shares."""
    model, usage = counted.model, counted.usage
    shares = list(usage.label_shares.items())[:MOST_LABELS]
    return {
        "model": str(model.ref),
        "state": model.state,
        "share": None if model.share is None else round(100 * model.share, 2),
        "predictions": usage.predictions,
        "failed": usage.failed,
        "invalid_rows": usage.invalid_rows,
        "mean_ms": _milliseconds(usage.mean_seconds),
        "p95_ms": _milliseconds(usage.quantile(0.95)),
        "labels": ", ".join(f"{label} {share:.1%}" for label, share in shares) or None,
        "mean": _rounded(usage.mean_value),
        "deviation": _rounded(usage.deviation),
    }


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None or math.isinf(seconds) else _rounded(seconds * 1000)


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
