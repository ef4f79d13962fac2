"""Files of rows: their list, the progress of one, its first rows and errors, and the download."""

from uuid import UUID

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from augury.application.batches.cancel_batch import CancelBatch
from augury.application.batches.ports import Batches
from augury.application.models.ports.models import Models
from augury.application.ports import Clock
from augury.domain.batch import BatchNotFound
from augury.domain.identifiers import BatchId
from augury.domain.model_texts import ModelTexts
from augury.domain.prediction import Status
from augury.domain.row_errors import RowError
from augury.inbound.tables.format import Format
from augury.inbound.web.first_rows import first_rows, readable
from augury.inbound.web.given import choice
from augury.inbound.web.outside import Outside
from augury.inbound.web.rendering import Answer, page, see_other
from augury.inbound.web.row_form import reason
from augury.inbound.web.texts import Texts, texts
from augury.inbound.web.visitor import PageRequest, signed_in

PAGE = 20
MOST_ERRORS = 20
TYPES = {
    Format.CSV: "text/csv",
    Format.NDJSON: "application/x-ndjson",
    Format.PARQUET: "application/vnd.apache.parquet",
}


@get("/app/files", guards=[signed_in], include_in_schema=False)
@inject
async def listed(request: PageRequest, batches: FromDishka[Batches]) -> Answer:
    before = request.query_params.get("before", "")
    found = await batches.page(request.user.member.id, limit=PAGE + 1, before=_id(before) if before else None)
    more = found[PAGE - 1].batch.id if len(found) > PAGE else None
    return page(request, "files.html", items=found[:PAGE], more=more, is_first=not before)


@get("/app/files/{batch_id:uuid}", guards=[signed_in], include_in_schema=False)
@inject
async def one(
    request: PageRequest,
    batch_id: FromPath[UUID],
    batches: FromDishka[Batches],
    models: FromDishka[Models],
    clock: FromDishka[Clock],
) -> Answer:
    return await _page(request, "file.html", batch_id, batches, models, clock)


@get("/app/files/{batch_id:uuid}/state", guards=[signed_in], include_in_schema=False)
@inject
async def state(
    request: PageRequest,
    batch_id: FromPath[UUID],
    batches: FromDishka[Batches],
    models: FromDishka[Models],
    clock: FromDishka[Clock],
) -> Answer:
    """The part of the page that changes."""
    return await _page(request, "part/file_state.html", batch_id, batches, models, clock)


@get("/app/files/{batch_id:uuid}/results", guards=[signed_in], include_in_schema=False)
@inject
async def results(
    request: PageRequest, batch_id: FromPath[UUID], batches: FromDishka[Batches]
) -> Response[str] | Stream:
    stored = await batches.get(BatchId(batch_id), owner=request.user.member.id)
    wanted = choice(request.query_params.get("format"), Format) or Format.CSV
    outside: Outside = request.app.state.outside
    name = f'attachment; filename="{batch_id}.{wanted}"'
    return Stream(
        outside.results().stream(stored, wanted),
        media_type=TYPES[wanted],
        headers={"Content-Disposition": name, "X-Accel-Buffering": "no"},
    )


@post("/app/files/{batch_id:uuid}/cancel", guards=[signed_in], include_in_schema=False)
@inject
async def cancel(
    request: PageRequest, batch_id: FromPath[UUID], cancel_batch: FromDishka[CancelBatch]
) -> Answer:
    await cancel_batch(user_id=request.user.member.id, batch_id=BatchId(batch_id))
    return see_other(request, f"/app/files/{batch_id}")


async def _page(
    request: PageRequest, template: str, batch_id: UUID, batches: Batches, models: Models, clock: Clock
) -> Answer:
    stored = await batches.get(BatchId(batch_id), owner=request.user.member.id)
    outside: Outside = request.app.state.outside
    header: list[str] = []
    rows: list[list[str]] = []
    errors: list[tuple[int, str]] = []
    if stored.has_data:
        words = texts(request.user.language)
        names = (await models.version(stored.batch.model)).facts.texts
        header, rows = readable(*await first_rows(outside, stored, words), names, words)
        if stored.progress.failed:
            found = await outside.results().faults(stored, limit=MOST_ERRORS)
            errors = [(row + 1, _sentence(words, names, error, status)) for row, error, status in found]
    return page(
        request,
        template,
        batch=stored.batch,
        progress=stored.progress,
        has_data=stored.has_data,
        ends_in=stored.progress.ends_in(stored.batch.rows, clock.now()),
        header=header,
        rows=rows,
        errors=errors,
        formats=list(Format),
    )


def _sentence(words: Texts, names: ModelTexts, error: RowError | None, status: Status) -> str:
    if error is None:
        return words("file-part-ended", status=words(f"status-{status}"))
    sentence = reason(words, error.fault)
    if not error.field:
        return sentence
    return words("about-field", field=names.feature(error.field, words.language), sentence=sentence)


def _id(text: str) -> BatchId:
    try:
        return BatchId(UUID(text))
    except ValueError:
        raise BatchNotFound(BatchId(UUID(int=0))) from None


ROUTES = (listed, one, state, results, cancel)
