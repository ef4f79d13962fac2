"""The body of a submit, and what a quote takes of it."""

from typing import Annotated

import msgspec

from augury.domain.explanation import ALL_FEATURES
from augury.domain.model_facts import MOST_TOP
from augury.domain.transfer import MOST_CREDITS
from augury.inbound.http.description.openapi import Shows

_MOST_EXPIRES_IN = 100 * 365 * 86_400

Row = dict[str, str | float | bool | list[float] | None]

Data = Annotated[
    msgspec.Raw,
    Shows(
        type=Row | list[Row],
        description="One row (an object) or many (an array of objects), with the features of the model: "
        "see `GET /models/{name}`.",
        example={"text": "Какой-то текст для предсказания"},
    ),
]

MaxPrice = (
    Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=MOST_CREDITS,
            description="The highest price that you accept, in credits. A request that would hold more is "
            "refused with 402, and nothing is charged.",
        ),
    ]
    | None
)

Top = (
    Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=MOST_TOP,
            description="How many classes or labels each answer lists, the likeliest first; `others` is the "
            "sum of the other probabilities. Not given: the first "
            "`AUGURY_MAX_CLASSES` (1,000 by default), or all if there are fewer. The price is the same.",
        ),
    ]
    | None
)


class ExplainTop(msgspec.Struct, forbid_unknown_fields=True):
    """Explain each answer by the features with the strongest effects."""

    top: Annotated[int, msgspec.Meta(ge=1, le=ALL_FEATURES, description="How many features are listed.")] = 10


Explain = (
    Annotated[
        bool | ExplainTop,
        msgspec.Meta(
            description="Whether each answer says how its features raise or lower it (`explanations`), for "
            '`explain_price` per row on top. `{"top": 5}` lists the five strongest features, `true` all.'
        ),
    ]
    | None
)


class SubmitBody(msgspec.Struct, forbid_unknown_fields=True):
    """Rows for a model: `name`, `name@version`, or the default model."""

    __schema_name__ = "Submission"

    data: Data
    model: Annotated[str, msgspec.Meta(max_length=128, examples=["tone", "tone@1"])] | None = None
    expires_in: (
        Annotated[
            int,
            msgspec.Meta(
                ge=1,
                le=_MOST_EXPIRES_IN,
                description="Seconds after which the prediction expires if it has not started.",
            ),
        ]
        | None
    ) = None
    max_price: MaxPrice = None
    explain: Explain = None
    top: Top = None


def top_of(explain: bool | ExplainTop | None) -> int | None:
    """How many features are to be explained; None if none are."""
    if isinstance(explain, ExplainTop):
        return explain.top
    return ALL_FEATURES if explain else None
