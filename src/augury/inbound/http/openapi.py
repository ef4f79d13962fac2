"""How the API describes itself."""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import msgspec
from litestar.enums import MediaType
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import (
    Components,
    Example,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    Parameter,
    Schema,
    SecurityScheme,
    Server,
)
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition
from typing_extensions import override

BEARER = [{"bearer": list[str]()}]
"""Security of a route that takes a credential."""
BEARER_OR_GUEST = [*BEARER, dict[str, list[str]]()]
"""Security of a route that serves guests, too."""
MOST_KEY_CHARACTERS = 255
DESCRIPTION = """Machine-learning predictions for credits. Send data, get `202` and an id, read the
prediction a moment later; or send `Prefer: wait=30` and get it in the answer.

Without a credential `POST /predictions` serves a guest with a few free credits a day. Otherwise register,
take a token from `/auth/token`, and send it as `Authorization: Bearer`; programs use an API key the same way.

Every refusal is a problem document (RFC 9457) whose `type` is stable."""


@dataclass(frozen=True, slots=True)
class Shows:
    """Beside `msgspec.Raw` in an annotation: what the JSON text that passes through looks like."""

    schema: Schema | None = None
    type: object = None


class RawSchemas(OpenAPISchemaPlugin):
    """Lets Litestar describe fields that are passed through as JSON text."""

    @override
    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        return value is msgspec.Raw

    @override
    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        shows = next((each for each in field_definition.metadata if isinstance(each, Shows)), Shows())
        if shows.schema is not None:
            return shows.schema
        if shows.type is not None:
            schema: Schema = schema_creator.for_field_definition(FieldDefinition.from_annotation(shows.type))
            return schema
        return Schema()


def openapi_config(base_path: str) -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Augury",
        version=version("augury"),
        description=DESCRIPTION,
        path="/api",
        servers=[Server(url=base_path or "/")],
        render_plugins=[JsonRenderPlugin(path="/openapi.json", media_type=MediaType.JSON)],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="An access token from `/auth/token`, or an API key (`aug_…`).",
                )
            }
        ),
    )


IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    param_in="header",
    required=False,
    description="Your own name for this request: repeated within 24 hours it moves no money again. "
    "Not for guests.",
    schema=Schema(
        type=OpenAPIType.STRING, min_length=1, max_length=MOST_KEY_CHARACTERS, pattern="^[\\x20-\\x7e]+$"
    ),
)
PREFER = Parameter(
    name="Prefer",
    param_in="header",
    required=False,
    description="`wait=30` holds the answer until the prediction is final, for so many seconds (60 at most).",
    schema=Schema(type=OpenAPIType.STRING),
    examples={"wait": Example(value="wait=30")},
)
_TEXT = Schema(type=OpenAPIType.STRING)
_ANSWER_HEADERS = {
    "Location": OpenAPIHeader(schema=_TEXT, description="Where the prediction is."),
    "Idempotent-Replayed": OpenAPIHeader(
        schema=_TEXT, description="`true` where this request was accepted before."
    ),
    "Preference-Applied": OpenAPIHeader(schema=_TEXT, description="The wait that was honoured."),
}


@dataclass
class KeyedOperation(Operation):
    """An operation that moves money, once per `Idempotency-Key`."""

    def __post_init__(self) -> None:
        self.parameters = [*(self.parameters or ()), IDEMPOTENCY_KEY]


@dataclass
class SubmitOperation(Operation):
    """The headers of a submit, which its handler reads by itself."""

    def __post_init__(self) -> None:
        self.parameters = [*(self.parameters or ()), IDEMPOTENCY_KEY, PREFER]
        for status in ("200", "202"):
            response: Any = (self.responses or {})[status]
            response.headers = _ANSWER_HEADERS


@dataclass
class CsvOperation(Operation):
    """An operation whose answer may be had as CSV."""

    def __post_init__(self) -> None:
        response: Any = (self.responses or {})["200"]
        response.content["text/csv"] = OpenAPIMediaType(schema=_TEXT)
