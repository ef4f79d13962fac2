"""The administrator's route that takes model files."""

from dataclasses import dataclass
from typing import Annotated

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response, post
from litestar.openapi.spec import Operation
from litestar.params import QueryParameter

from augury.application.limits import Limits
from augury.application.models.receive_model import ReceiveModel
from augury.domain.answer_meaning import ReadAs
from augury.domain.model import MOST_ROW_PRICE, MOST_TEXT_PRICE, InvalidModelName, Model
from augury.domain.model_upload import ChecksumMismatch, EmptyModelFile, UploadTerms
from augury.inbound.http.callers.authors import author_of
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.edge.layer import share_of
from augury.inbound.http.files.sent_file import sent_file
from augury.inbound.http.models.admin_models import OfferView
from augury.inbound.http.models.intake import BYTES, ModelIntake
from augury.inbound.http.problems.described import documented
from augury.inbound.http.settings import HttpSettings

NAME = QueryParameter(max_length=63, description="The name that clients use.", required=True)
ROW_PRICE = QueryParameter(
    ge=0, le=MOST_ROW_PRICE, description="Credits per row. Default: the price of the version before, or 1."
)
TEXT_PRICE = QueryParameter(
    ge=0,
    le=MOST_TEXT_PRICE,
    description="Credits per kilobyte of text. Default: the price of the version before, or 0.",
)
ACTIVATE = QueryParameter(
    description="Whether it may become the active version. If its features or answers differ, it does not."
)
VALUE = QueryParameter(
    description="For a file without a loss function: answer the raw value, or e to the power of it."
)
SHA256 = QueryParameter(
    pattern="^[0-9a-fA-F]{64}$", description="The SHA-256 of the file. Another file is refused."
)


@dataclass
class ModelOperation(Operation):
    """The body of a model file, which its handler reads as a stream."""

    def __post_init__(self) -> None:
        self.request_body = sent_file([BYTES], "A CatBoost binary model (`.cbm`).")


@post(
    "/admin/models",
    status_code=202,
    request_max_body_size=None,  # it is read as a stream, and counted by `ModelIntake`
    summary="Send a model file",
    description=f"{ReceiveModel.__doc__} The version is `checking` until then: read it to see its progress. "
    "If a version of the name already has this file, no new version is made: the answer is that version.",
    operation_class=ModelOperation,
    responses=documented(
        401,
        403,
        413,
        415,
        422,
        refusals=[
            InvalidModelName(name="Tone"),
            ChecksumMismatch(stated="0" * 64, found="1" * 64),
            EmptyModelFile(),
        ],
    ),
)
@inject
async def send_model(
    request: SignedIn,
    limits: FromDishka[Limits],
    name: Annotated[str, NAME],
    row_price: Annotated[int | None, ROW_PRICE] = None,
    text_price: Annotated[int | None, TEXT_PRICE] = None,
    activate: Annotated[bool, ACTIVATE] = True,  # a query parameter
    value: Annotated[ReadAs | None, VALUE] = None,
    sha256: Annotated[str | None, SHA256] = None,
) -> Response[OfferView]:
    share_of(request.scope).stream()
    intake: ModelIntake = request.app.state.model_intake
    settings: HttpSettings = request.app.state.settings
    terms = UploadTerms(row_price=row_price, text_price=text_price, activate=activate, read_as=value)
    made = await intake.receive(
        request.scope, request.stream(), name, stated=sha256, terms=terms, author=author_of(request)
    )
    view = OfferView.of(made, limits) if isinstance(made, Model) else OfferView.of_upload(made)
    return Response(view, headers={"Location": f"{settings.base_path}/admin/models/{made.ref}"})
