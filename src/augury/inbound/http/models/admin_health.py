"""The administrator's routes that compare a version with the active one."""

from typing import Annotated, Self

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter

from augury.application.models.compare_versions import MOST_MINUTES, CompareVersions, VersionUsage
from augury.domain.model import ModelNotFound, ModelRef, ModelState, VersionMissing
from augury.domain.quantiles import finite
from augury.domain.usage import NOTHING
from augury.inbound.http.models.health_picture import picture
from augury.inbound.http.problems.described import documented

SVG = "image/svg+xml"
Minutes = Annotated[
    int, QueryParameter(ge=1, le=MOST_MINUTES, description="How many minutes back, at most a week.")
]


class UsageView(msgspec.Struct, frozen=True):
    """The figures of a version. Without predictions, rates and durations are null.

    `error_rate` is the share of predictions that failed. The durations are those of the model's calls in
    seconds. p50 and p95 are rounded up to the upper bound of a histogram's bucket, and null above 5 seconds.
    `labels` has the share of each label that a classifier answered. `mean` and `deviation` are the mean and
    the standard deviation of a regression's values. All three leave out batches and very large answers.
    """

    model: str
    state: ModelState
    share: float | None
    predictions: int
    failed: int
    error_rate: float | None
    rows: int
    invalid_rows: int
    mean_seconds: float | None
    p50_seconds: float | None
    p95_seconds: float | None
    labels: dict[str, float]
    mean: float | None
    deviation: float | None

    @classmethod
    def of(cls, counted: VersionUsage) -> Self:
        model, usage = counted.model, counted.usage
        return cls(
            model=str(model.ref),
            state=model.state,
            share=model.share,
            predictions=usage.predictions,
            failed=usage.failed,
            error_rate=usage.error_rate,
            rows=usage.rows,
            invalid_rows=usage.invalid_rows,
            mean_seconds=usage.mean_seconds,
            p50_seconds=finite(usage.quantile(0.5)),
            p95_seconds=finite(usage.quantile(0.95)),
            labels=usage.label_shares,
            mean=usage.mean_value,
            deviation=usage.deviation,
        )


class HealthOfVersion(msgspec.Struct, frozen=True):
    """A version in the last `minutes`, and the active version beside it, unless it is the same."""

    minutes: int
    version: UsageView
    active: UsageView | None


@get(
    "/admin/models/{ref:str}/health",
    summary="Compare a version with the active one",
    description=f"{CompareVersions.__doc__} This route shows one version and the active one. Workers store "
    "their counts every second.",
    responses=documented(
        401, 403, 404, 422, refusals=[ModelNotFound(model="tone@9"), VersionMissing(model="tone")]
    ),
)
@inject
async def health_of_version(
    ref: FromPath[str], compare: FromDishka[CompareVersions], minutes: Minutes = 60
) -> HealthOfVersion:
    version, active = await _beside(ref, compare, minutes)
    return HealthOfVersion(minutes, UsageView.of(version), None if active is None else UsageView.of(active))


@get(
    "/admin/models/{ref:str}/health.svg",
    summary="Draw a version beside the active one",
    description="The comparison of `GET /admin/models/{ref}/health` as a picture (SVG).",
    responses={
        200: ResponseSpec(bytes, generate_examples=False, description="The picture.", media_type=SVG),
        **documented(
            401, 403, 404, 422, refusals=[ModelNotFound(model="tone@9"), VersionMissing(model="tone")]
        ),
    },
)
@inject
async def picture_of_version(
    ref: FromPath[str], compare: FromDishka[CompareVersions], minutes: Minutes = 60
) -> Response[bytes]:
    version, active = await _beside(ref, compare, minutes)
    shown = [version] if active is None else [active, version]
    return Response(picture(shown, minutes=minutes).encode(), media_type=SVG)


async def _beside(
    ref: str, compare: CompareVersions, minutes: int
) -> tuple[VersionUsage, VersionUsage | None]:
    """The version, and the active one if that is another one. Raises `ModelNotFound`."""
    wanted = ModelRef.parse(ref)
    found = await compare(wanted.name, minutes=minutes)
    version = next((each for each in found if each.model.ref == wanted), None)
    if version is None:  # nobody has used it
        version = VersionUsage(await compare.models.version(wanted), NOTHING)
    active = next((each for each in found if each.model.is_active), None)
    return version, None if active is None or active.model.ref == wanted else active


ROUTES = (health_of_version, picture_of_version)
