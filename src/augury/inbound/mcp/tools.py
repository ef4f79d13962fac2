"""The list of tools: one for each active model, and the tools of the account."""

from mcp_types import Tool, ToolAnnotations

from augury.application.limits import Limits
from augury.domain.model import Model
from augury.inbound.counts import counted
from augury.inbound.mcp.arguments import MOST_KEY_CHARACTERS, MOST_LISTED
from augury.inbound.mcp.ports import JsonObject, Views

PREFIX = "predict_"
"""The prefix of models' tools, so that no model can take the name of another tool."""
PRICE = "augury/price"
_ID = {"type": "string", "format": "uuid", "description": "The `id` of a prediction."}
_KEY = {
    "type": "string",
    "minLength": 1,
    "maxLength": MOST_KEY_CHARACTERS,
    "description": "Your own name for this call. If a call is repeated with the same name, it is charged "
    "once within 24 hours.",
}
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)


def tool_of(model: Model, views: Views, limits: Limits) -> Tool:
    """The tool that runs the active version of a model."""
    view = views.model(model)
    described = model.facts.texts.described("en")
    return Tool(
        name=PREFIX + model.ref.name,
        title=model.ref.name,
        description=f"{described or f'The model {model.ref.name}.'} {priced(model)}",
        input_schema=_input_schema(view, limits),
        output_schema=_output_schema(view),
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
        ),
        _meta={
            PRICE: {"row_price": model.row_price, "text_price": model.text_price, "unit": "credits"},
            "augury/model": str(model.ref),
        },
    )


def priced(model: Model) -> str:
    """The price in words."""
    text = f", and {model.text_price} for each kilobyte of text" if model.text_price else ""
    return f"Costs {counted(model.row_price, 'credit')} for each row{text}. Invalid rows are not charged."


def _input_schema(view: JsonObject, limits: Limits) -> JsonObject:
    row = {name: value for name, value in view["input_schema"].items() if name != "$schema"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "rows": _rows(row, limits),
            "max_price": {
                "type": "integer",
                "minimum": 0,
                "description": "The most credits that this call may cost. A higher price is never "
                "charged: the user is asked, or the call is refused.",
            },
            "idempotency_key": _KEY,
        },
        "required": ["rows"],
        "additionalProperties": False,
    }


def confirm_price(limits: Limits) -> Tool:
    """The tool that repeats a call at a price above the user's limit, for clients that cannot show a form.

    It is a separate tool, so that clients which ask their user before a call can always ask before this one.
    """
    schema = _object(
        model={"type": "string", "description": "The name of the model: `tone` for `predict_tone`."},
        rows=_rows({"type": "object"}, limits),
        price={
            "type": "integer",
            "minimum": 0,
            "description": "The price that the refusal named. The call never costs more.",
        },
        idempotency_key=_KEY,
    )
    return Tool(
        name="confirm_price",
        title="Pay a higher price",
        description="Repeat a call of a model that was refused because it costs more than the user allows "
        "without asking. Ask the user first, and call this only if they have accepted the price.",
        input_schema=schema | {"required": ["model", "rows", "price"]},
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=False
        ),
    )


def _rows(row: JsonObject, limits: Limits) -> JsonObject:
    return {
        "type": "array",
        "items": row,
        "minItems": 1,
        "maxItems": limits.max_rows,
        "description": "The rows to predict.",
    }


def _output_schema(view: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "properties": {
            "id": _ID,
            "status": {"type": "string"},
            "price": {"type": "integer", "description": "Credits that were held."},
            "charged": {"type": "integer", "description": "Credits that it cost."},
            "output": {
                "description": "The answers in the order of the rows; null for a row that has an error.",
                "anyOf": [
                    {"type": "array", "items": {"anyOf": [view["output_schema"], {"type": "null"}]}},
                    {"type": "null"},
                ],
            },
            "errors": {"type": "array", "items": {"type": "object"}},
        },
        "required": ["id", "status", "price", "charged"],
    }


def _object(**properties: JsonObject) -> JsonObject:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _of_one(name: str, description: str, annotations: ToolAnnotations) -> Tool:
    schema = _object(prediction_id=_ID) | {"required": ["prediction_id"]}
    return Tool(name=name, description=description, input_schema=schema, annotations=annotations)


ACCOUNT = (
    Tool(
        name="balance",
        description="The credits of this account. `available` can be spent, after `debt` is paid from it; "
        "without `debt`, nothing is owed. `held` is reserved for predictions under way.",
        input_schema=_object(),
        annotations=_READS,
    ),
    Tool(
        name="history",
        description="The latest predictions of this account with their prices, the newest first.",
        input_schema=_object(limit={"type": "integer", "minimum": 1, "maximum": MOST_LISTED, "default": 10}),
        annotations=_READS,
    ),
    _of_one("read_prediction", "One prediction of this account in its current state.", _READS),
    _of_one(
        "cancel_prediction",
        "Cancel a prediction that has not started. Its credits are released.",
        ToolAnnotations(
            read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=False
        ),
    ),
)
