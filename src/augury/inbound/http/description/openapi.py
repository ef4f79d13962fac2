"""The OpenAPI document of the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import msgspec
from litestar import Litestar
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import (
    Components,
    PathItem,
    Schema,
    SecurityScheme,
    Server,
)
from litestar.params import KwargDefinition, ParameterKwarg
from litestar.plugins import OpenAPISchemaPlugin
from litestar.routes import HTTPRoute
from litestar.types import ControllerRouterHandler, Method
from litestar.types.internal_types import PathParameterDefinition
from litestar.typing import FieldDefinition
from typing_extensions import override

from augury.inbound.event_stream import EventResponse
from augury.inbound.http.description.webhook_events import described_webhooks
from augury.inbound.http.protocol.encoded import EncodedJson
from augury.inbound.lean_litestar import LeanLitestar

BEARER = [{"bearer": list[str]()}]
"""The security of a route that needs a credential."""
BEARER_OR_GUEST = [*BEARER, dict[str, list[str]]()]
"""The security of a route that also serves guests."""
_RESPONSES = (EncodedJson.__name__, EventResponse.__name__)
DESCRIPTION = """Machine-learning predictions for credits. Send data, get `202` and an id, and read the
prediction a moment later. Or send `Prefer: wait=30` and get the result in the response.

Without a credential, `POST /predictions` serves you as a guest with a few free credits a day. Otherwise
register, get a token from `/auth/token`, and send it as `Authorization: Bearer`. Programs send an API key in
the same way.

Every refusal is a problem document (RFC 9457) with a stable `type`."""


@dataclass(frozen=True, slots=True)
class Shows:
    """In an annotation with `msgspec.Raw`: the schema of the JSON text that is passed through."""

    type: object
    description: str | None = None
    example: object = None


class RawSchemas(OpenAPISchemaPlugin):
    """Lets Litestar describe fields that pass JSON text through."""

    @override
    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        return value is msgspec.Raw

    @override
    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        shows = next((each for each in field_definition.metadata if isinstance(each, Shows)), None)
        if shows is None:
            return Schema()
        schema: Schema = schema_creator.for_field_definition(FieldDefinition.from_annotation(shows.type))
        schema.description = shows.description
        schema.examples = None if shows.example is None else [shows.example]
        return schema


class StructSchemas(OpenAPISchemaPlugin):
    """Describes a struct with its docstring, and names its schema with its `__schema_name__`, if it has one.

    Litestar itself describes only enums, and takes `__schema_name__` only as the title. It is the published
    name, which generated clients use, of a struct that has another name in the code.
    """

    @override
    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        return not field_definition.is_union and field_definition.is_subclass_of(msgspec.Struct)

    @override
    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        schema: Schema
        name, known = published_name(field_definition.annotation), field_definition.kwarg_definition
        known = known if isinstance(known, KwargDefinition) else ParameterKwarg()
        if name != field_definition.annotation.__name__ and known.schema_component_key is None:
            named = replace(known, schema_component_key=name)
            schema = schema_creator.for_field_definition(replace(field_definition, kwarg_definition=named))
            return schema
        own = next(
            each
            for each in schema_creator.plugins
            if each is not self and schema_creator.plugin_supports_field(each, field_definition)
        )
        schema = own.to_openapi_schema(field_definition, schema_creator)
        schema.description = field_definition.annotation.__doc__
        return schema


def published_name(struct: type) -> str:
    """The name of a struct's schema."""
    name: str = getattr(struct, "__schema_name__", struct.__name__)
    return name


def described(routes: Sequence[ControllerRouterHandler], base_path: str) -> bytes:
    """The OpenAPI document of `routes` as JSON, as strict about bodies as the routes are."""
    app = LeanLitestar(
        routes,
        plugins=[RawSchemas(), StructSchemas()],
        openapi_config=_config(base_path),
        logging_config=None,
    )
    document = app.openapi_schema
    schemas = (document.components or Components()).schemas or {}
    for name in _bodies(app):
        schemas[name].additional_properties = False
    for name in [name for name in schemas if name.startswith(_RESPONSES)]:  # they are not types of the API
        del schemas[name]
    document.paths = _in_order(document.paths or {})
    shown = document.to_schema()
    shown["webhooks"], data = described_webhooks()
    shown["components"]["schemas"] = data | dict(sorted(shown["components"]["schemas"].items()))
    _reword(shown)
    return msgspec.json.encode(shown)


def _reword(shown: dict[str, Any]) -> None:
    """Put each paragraph of a description on one line, and name each status as HTTP does.

    Swagger UI shows every line break of a description, and an indented paragraph as code. Litestar describes
    a response by a sentence of Python's library that may not fit, such as "Document created, URL follows".
    """
    operations = [each for item in shown["paths"].values() for each in item.values()]
    for each in (shown["info"], *operations, *shown["components"]["schemas"].values()):
        if "description" in each:
            paragraphs = each["description"].split("\n\n")
            each["description"] = "\n\n".join(" ".join(part.split()) for part in paragraphs).strip()
    for operation in operations:
        for status, response in operation["responses"].items():
            if response["description"] == HTTPStatus(int(status)).description:
                response["description"] = HTTPStatus(int(status)).phrase


def _in_order(paths: Mapping[str, PathItem]) -> dict[str, PathItem]:
    """The paths in the order of the routes' first segments, then by name. Litestar keeps a handler's paths in
    a set, whose order differs between processes."""
    segments = [path.split("/")[1] for path in paths]
    return dict(sorted(paths.items(), key=lambda item: (segments.index(item[0].split("/")[1]), item[0])))


def _bodies(app: Litestar) -> set[str]:
    """The names of the structs that are request bodies."""
    return {
        published_name(handler.parsed_data_field.annotation)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.parsed_data_field is not None
    }


def _config(base_path: str) -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Augury",
        version=version("augury"),
        description=DESCRIPTION,
        servers=[Server(url=base_path or "/")],
        operation_id_creator=_operation_id,
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


def _operation_id(
    handler: HTTPRouteHandler, _: Method | HttpMethod, components: list[str | PathParameterDefinition]
) -> str:
    """The handler's name, with the last part of the longer path if it has two paths."""
    if len(handler.paths) > 1 and len(components) > 1:
        return f"{handler.handler_name}_{components[-1]}"
    return handler.handler_name
