"""Files of rows: sending one, its progress, its first rows and errors, and the download."""

import csv
import io
from collections.abc import Sequence
from contextlib import aclosing
from uuid import UUID

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from augury.application.batches.accept_batch import Replayed
from augury.application.batches.cancel_batch import CancelBatch
from augury.application.batches.ports import Batches, StoredBatch
from augury.application.models.ports.models import Models
from augury.application.money.ports import Balances
from augury.application.ports import Clock
from augury.domain.batch import BatchNotFound
from augury.domain.errors import DomainError
from augury.domain.identifiers import BatchId
from augury.domain.model_texts import ModelTexts
from augury.domain.prediction import Status
from augury.domain.row_errors import RowError
from augury.inbound.tables.format import Format
from augury.inbound.tables.unreadable import Unreadable
from augury.inbound.tables.uploads.unreadable import UnreadableUpload
from augury.inbound.web.form_head import FormHead
from augury.inbound.web.given import choice, typed_number
from augury.inbound.web.outside import Outside
from augury.inbound.web.problems import status_of
from augury.inbound.web.rendering import Answer, page, see_other
from augury.inbound.web.row_form import reason
from augury.inbound.web.texts import Texts, texts
from augury.inbound.web.visitor import CSRF, STREAMED, PageRequest, require_own_form, signed_in

PAGE = 20
FIRST_ROWS = 10
MOST_FIRST_BYTES = 100_000
MOST_CELL = 80
MOST_ERRORS = 20
MOST_MODELS = 200
NOTES = 2
"""The last columns of the results: errors and warnings. The first column is the row's number."""
SHARE = "p_"
"""Names of columns with a class's probability begin with it. They are the last ones of an answer."""
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


@get("/app/files/new", guards=[signed_in], include_in_schema=False)
@inject
async def form(request: PageRequest, models: FromDishka[Models], balances: FromDishka[Balances]) -> Answer:
    return await _form(request, models, balances, model=request.query_params.get("model", ""))


@post(
    "/app/files",
    guards=[signed_in],
    include_in_schema=False,
    opt={STREAMED: True},
    request_max_body_size=None,
)
@inject
async def send(request: PageRequest, models: FromDishka[Models], balances: FromDishka[Balances]) -> Answer:
    """Read the file while it arrives. The fields come before it in the form."""
    outside: Outside = request.app.state.outside
    user_id = request.user.member.id
    outside.streams(request.scope)
    head = FormHead(request.scope, request.stream())
    fields = await head.fields()
    require_own_form(request.user, fields.get(CSRF, ""))
    model, most = fields.get("model", ""), typed_number(fields.get("max_price"))
    try:
        received = await outside.intake().receive(
            {**request.scope, "user": user_id},
            head.whole(),
            model=model or None,
            max_price=most,
            top=None,
        )
    except DomainError as error:
        sentence = texts(request.user.language).refusal(error)
        return await _form(request, models, balances, model, sentence=sentence, status=status_of(error))
    except Exception as error:
        unreadable = error.__cause__
        if not isinstance(unreadable, Unreadable | UnreadableUpload):
            raise
        sentence = texts(request.user.language).unreadable(unreadable)
        return await _form(request, models, balances, model, sentence=sentence, status=422)
    batch_id = received.batch_id if isinstance(received, Replayed) else received.id
    return see_other(request, f"/app/files/{batch_id}")


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


async def _form(
    request: PageRequest,
    models: Models,
    balances: Balances,
    model: str,
    *,
    sentence: str = "",
    status: int = 200,
) -> Answer:
    offered = [each for each in await models.page(limit=MOST_MODELS) if each.is_active]
    available = (await balances.of(request.user.member.id)).available
    return page(
        request,
        "file_new.html",
        status=status,
        models=offered,
        model=model,
        available=available,
        sentence=sentence,
    )


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
        header, rows = _readable(*await _first_rows(outside, stored), words)
        if stored.progress.failed:
            names = (await models.version(stored.batch.model)).facts.texts
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


async def _first_rows(outside: Outside, stored: StoredBatch) -> tuple[list[str], list[list[str]]]:
    """The column names and the first rows with their answers, as far as they are ready."""
    read = bytearray()
    async with aclosing(outside.results().stream(stored, Format.CSV)) as pieces:  # type: ignore[type-var]  # it is a generator
        async for piece in pieces:
            read += piece[: MOST_FIRST_BYTES - len(read)]
            if read.count(b"\n") > FIRST_ROWS or len(read) >= MOST_FIRST_BYTES:
                break
    text = read.decode("utf-8-sig", "replace")
    table = [row for row, _ in zip(csv.reader(io.StringIO(text)), range(FIRST_ROWS + 1), strict=False)]
    return (_cut(table[0]), [_cut(row) for row in table[1:]]) if table else ([], [])


def _readable(header: list[str], rows: list[list[str]], words: Texts) -> tuple[list[str], list[list[str]]]:
    """The table as a person reads it: rows count from 1, as in the list of errors, probabilities are
    percentages, and the columns for errors and warnings are left out where they are empty."""
    if not rows or any(len(row) != len(header) for row in rows):
        return header, rows
    notes = range(len(header) - NOTES, len(header))
    first = notes.start
    while first and header[first - 1].startswith(SHARE):
        first -= 1
    kept = [at for at in range(len(header)) if at not in notes or any(row[at] for row in rows)]
    for row in rows:
        row[0] = words("number", value=int(row[0]) + 1)
        for at in range(first, notes.start):
            row[at] = _percent(row[at], words)
    header[0] = words("column-row")
    return [header[at] for at in kept], [[row[at] for at in kept] for row in rows]


def _percent(cell: str, words: Texts) -> str:
    try:
        return words("percent", share=round(float(cell) * 100, 1))
    except ValueError:  # empty, for a row without an answer
        return cell


def _cut(row: Sequence[str]) -> list[str]:
    return [cell if len(cell) <= MOST_CELL else f"{cell[: MOST_CELL - 1]}…" for cell in row]


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


ROUTES = (listed, form, send, one, state, results, cancel)
