"""The live part of a version's page: its figures beside those of the active version or the canary."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from dishka import FromDishka
from litestar.params import FromPath

from augury.application.models.chart_versions import Chart, Charted, ChartPeriod, ChartVersions
from augury.domain.model import ModelRef
from augury.domain.usage import BOUNDS, NOTHING, Usage
from augury.inbound.web.given import choice
from augury.inbound.web.operator.desk import desk_get, desk_page
from augury.inbound.web.rendering import Answer
from augury.inbound.web.texts import Texts, texts
from augury.inbound.web.visitor import PageRequest

MOST_LABELS = 12
"""Labels that the page shows, the most frequent ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The values for the template of this part."""

    period: ChartPeriod
    versions: Sequence[Charted]
    chart: str
    """The numbers of the charts as JSON."""
    moments: Sequence[tuple[datetime, Sequence[Usage]]]
    """The beginning of each step with predictions, newest first, and the usage of each version."""
    unfinished_at: datetime
    """The beginning of the step that is not over."""
    labels: Sequence[tuple[str, Sequence[float]]]
    """The most frequent labels, and the share of each version's answers that have them."""
    has_more_labels: bool
    durations: Mapping[float | None, str]
    """Each duration that a version can have, in milliseconds."""

    @property
    def of(self) -> str:
        """The versions whose charts the page has."""
        return " ".join(str(each.model.ref) for each in self.versions)


@desk_get("/app/desk/models/{ref:str}/figures")
async def figures(
    request: PageRequest, ref: FromPath[str], chart_versions: FromDishka[ChartVersions]
) -> Answer:
    version = ModelRef.parse(ref)
    beside = await read(request, chart_versions, version)
    answer = desk_page(request, "models", "part/model_figures.html", ref=version, beside=beside)
    if request.query_params.get("of") != beside.of:  # the page has charts of other versions
        answer.headers["HX-Refresh"] = "true"
    return answer


async def read(request: PageRequest, chart_versions: ChartVersions, version: ModelRef) -> Beside:
    """Raises `ModelNotFound`, `NotOffered`."""
    period = choice(request.query_params.get("range"), ChartPeriod) or ChartPeriod.HOUR
    chart = await chart_versions(version, period)
    labels = _labels(chart.versions)
    return Beside(
        period=period,
        versions=chart.versions,
        chart=json.dumps(_columns(chart, period)),
        moments=_moments(chart),
        unfinished_at=chart.times[-1],
        labels=labels[:MOST_LABELS],
        has_more_labels=len(labels) > MOST_LABELS,
        durations=_durations(texts(request.user.language)),
    )


@cache
def _durations(words: Texts) -> Mapping[float | None, str]:
    known: dict[float | None, str] = {bound: words.figure(bound * 1_000) for bound in BOUNDS}
    return known | {None: "–", math.inf: f"> {known[BOUNDS[-1]]}"}


def _columns(chart: Chart, period: ChartPeriod) -> Mapping[str, Sequence[float | None]]:
    """The numbers of the charts. A column's name ends in its version's place. `whole` has the places of the
    first and the last whole step. Steps without predictions are gaps."""
    columns: dict[str, Sequence[float | None]] = {"at": [int(each.timestamp()) for each in chart.times]}
    columns["whole"] = [0 if period is ChartPeriod.HOUR else 1, len(chart.times) - 2]  # counts are by minute
    for place, version in enumerate(chart.versions):
        columns[f"predictions-{place}"] = [each.predictions for each in version.points]
        columns[f"failed-{place}"] = [_percent(each.error_rate) for each in version.points]
        columns[f"p50-{place}"] = [_milliseconds(each.quantile(0.5)) for each in version.points]
        columns[f"p95-{place}"] = [_milliseconds(each.quantile(0.95)) for each in version.points]
    return columns


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 2)


def _milliseconds(seconds: float | None) -> float | None:
    """None without predictions, and above the last bound."""
    return None if seconds is None or math.isinf(seconds) else seconds * 1_000


def _moments(chart: Chart) -> Sequence[tuple[datetime, Sequence[Usage]]]:
    """The steps with predictions, newest first, with the usage of each version."""
    steps = zip(chart.times, zip(*(each.points for each in chart.versions), strict=True), strict=True)
    return [(at, usages) for at, usages in reversed(list(steps)) if any(each != NOTHING for each in usages)]


def _labels(versions: Sequence[Charted]) -> Sequence[tuple[str, Sequence[float]]]:
    """The labels, most frequent first, with the share that each version answered."""
    shares = [each.total.label_shares for each in versions]
    names = {name for each in shares for name in each}
    found = [(name, [each.get(name, 0.0) for each in shares]) for name in names]
    return sorted(found, key=lambda each: (-max(each[1]), each[0]))


ROUTES = (figures,)
