"""The models on offer."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Annotated, Any, Self

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get
from litestar.params import FromPath, ParameterKwarg

from augury.application.limits import Limits
from augury.application.models.ports.models import Models
from augury.domain.answer_form import ModelTask
from augury.domain.answer_meaning import ProbabilitiesAre, ValueIs
from augury.domain.model import Model, ModelNotFound
from augury.inbound.http.models.schemas import schema_of_answer, schema_of_row
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.paging import Cursor, Limit, split, text_of

TAGS = ["Models"]
PublishedTask = Annotated[
    ModelTask, ParameterKwarg(schema_component_key="Task", schema_extra={"title": "Task"})
]
"""A model's task. Its schema keeps the name that generated clients use."""


class VersionView(msgspec.Struct, frozen=True):
    """One version. `input_schema` is the JSON Schema of one row, `row_price` its price in credits.
    `text_price` is added for each kilobyte (1,000 bytes in UTF-8) of the texts of all rows.

    `explain_price` is added for the explanation of a row; it is null if the model's answers cannot be
    explained. `output_schema` is the JSON Schema of the answer to one row, without explanations.

    A classifier of two classes answers the second if its probability is above `threshold`. A label with a
    probability below `unsure_below` is shown to people as unsure. `probabilities_are` says whether the
    probabilities of an answer add up to 1 (`exclusive`) or are independent (`independent`). `value_is` says
    what the value of a regression means, with `alpha` for a quantile or an expectile. `outputs` names the
    values of a model that answers several: its targets, or the alphas of its quantiles.

    The description and the texts are by language (`en`, `ru`). A text is shown to people instead of the name
    of a feature, a label or an output.
    """

    version: int
    active: bool
    task: PublishedTask
    row_price: int
    text_price: int
    explain_price: int | None
    classes: list[str]
    outputs: list[str]
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    probabilities_are: ProbabilitiesAre | None
    threshold: float | None
    unsure_below: float | None
    value_is: ValueIs | None
    alpha: float | None
    description: dict[str, str]
    feature_texts: dict[str, dict[str, str]]
    label_texts: dict[str, dict[str, str]]
    metrics: dict[str, float]
    created_at: datetime

    @classmethod
    def of(cls, model: Model, *, max_text: int) -> Self:
        """A text or category has at most `max_text` characters."""
        facts = model.facts
        return cls(
            model.ref.version,
            model.is_active,
            facts.task,
            model.row_price,
            model.text_price,
            model.price_of_explanation if model.facts.explain_work else None,
            list(facts.classes),
            list(facts.outputs),
            schema_of_row(facts.schema, max_text=max_text),
            schema_of_answer(facts.form),
            facts.probabilities_are,
            facts.threshold,
            facts.unsure_below,
            facts.value_is,
            facts.alpha,
            dict(facts.texts.description),
            {name: dict(wording) for name, wording in facts.texts.features.items()},
            {name: dict(wording) for name, wording in facts.texts.labels.items()},
            dict(facts.metrics),
            model.created_at,
        )


class ModelView(msgspec.Struct, frozen=True):
    """A model with its versions, newest first. The active one serves requests that do not name a version."""

    name: str
    active_version: int | None
    versions: list[VersionView]

    @classmethod
    def of(cls, name: str, models: Sequence[Model], *, max_text: int) -> Self:
        active = next((model.ref.version for model in models if model.is_active), None)
        newest_first = sorted(models, key=lambda model: model.ref.version, reverse=True)
        return cls(name, active, [VersionView.of(model, max_text=max_text) for model in newest_first])


class ModelPage(msgspec.Struct, frozen=True):
    items: list[ModelView]
    next_cursor: str | None


@get(
    "/models",
    tags=TAGS,
    summary="List the models",
    description="The models that serve predictions, ordered by name.",
    responses=documented(422),
)
@inject
async def list_models(
    models: FromDishka[Models], limits: FromDishka[Limits], limit: Limit = 100, cursor: Cursor = None
) -> ModelPage:
    found = await models.page(limit=limit + 1, after=text_of(cursor) or "")
    by_name = [(name, list(versions)) for name, versions in groupby(found, lambda model: model.ref.name)]
    page, next_cursor = split(by_name, limit, lambda named: named[0].encode())
    return ModelPage(
        [ModelView.of(name, versions, max_text=limits.max_text) for name, versions in page], next_cursor
    )


@get(
    "/models/{name:str}",
    tags=TAGS,
    summary="Read a model",
    description="One model with the versions that serve predictions.",
    responses=documented(404, refusals=[ModelNotFound(model="tune")]),
)
@inject
async def read_model(
    name: FromPath[str], models: FromDishka[Models], limits: FromDishka[Limits]
) -> ModelView:
    found = [model for model in await models.versions(name) if model.serves]
    if not found:
        raise ModelNotFound(model=name)
    return ModelView.of(name, found, max_text=limits.max_text)


ROUTES = (list_models, read_model)
