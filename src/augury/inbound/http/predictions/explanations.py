"""The picture of an explanation."""

from typing import Annotated
from uuid import UUID

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter

from augury.application.predictions.explain_row import ExplainedRow, ExplainRow
from augury.domain.explanation import NoExplanation
from augury.domain.identifiers import PredictionId
from augury.domain.prediction import PredictionNotFound
from augury.inbound.http.callers.identity import SignedIn, signed_in
from augury.inbound.http.description.examples import PREDICTION_ID
from augury.inbound.http.description.openapi import BEARER
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.language import language_of
from augury.inbound.pictures.waterfall import waterfall

SVG = "image/svg+xml"
_HEADERS = {
    "content-language": "",
    "vary": "Accept-Language",
    # The picture has texts of others: where it is opened alone, it runs nothing and loads nothing.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "x-content-type-options": "nosniff",
}


@get(
    "/predictions/{prediction_id:uuid}/explanation.svg",
    guards=[signed_in],
    security=BEARER,
    media_type=SVG,
    tags=["Predictions"],
    summary="See why",
    description="The explanation of one row as a picture (SVG): from the average, feature by feature, to the "
    "answer. Its language is English or Russian, by `Accept-Language`.",
    responses={
        200: ResponseSpec(bytes, media_type=SVG, generate_examples=False, description="The picture."),
        **documented(401, 404, 422, refusals=[PredictionNotFound(PREDICTION_ID), NoExplanation()]),
    },
)
@inject
async def picture(
    request: SignedIn,
    prediction_id: FromPath[UUID],
    explain_row: FromDishka[ExplainRow],
    row: Annotated[int, QueryParameter(ge=0, description="The row, counted from 0.")] = 0,
    of: Annotated[
        str | None,
        QueryParameter(max_length=256, description="The label or output, if the model answers several."),
    ] = None,
) -> Response[bytes]:
    found: ExplainedRow = await explain_row(
        user_id=request.user, prediction_id=PredictionId(prediction_id), row=row, of=of
    )
    language = language_of(request.headers.get("accept-language", ""))
    return Response(
        waterfall(found.explanation, found.texts, language),
        media_type=SVG,
        headers={**_HEADERS, "content-language": language},
    )


ROUTES = (picture,)
