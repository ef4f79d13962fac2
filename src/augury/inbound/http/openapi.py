"""How the API describes itself."""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import msgspec
from litestar import Litestar, Router
from litestar.enums import HttpMethod, MediaType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import (
    Components,
    Schema,
    SecurityScheme,
    Server,
)
from litestar.plugins import OpenAPISchemaPlugin
from litestar.routes import BaseRoute, HTTPRoute
from litestar.types import ControllerRouterHandler, Method
from litestar.types.internal_types import PathParameterDefinition
from litestar.typing import FieldDefinition
from typing_extensions import override

BEARER = [{"bearer": list[str]()}]
"""Security of a route that takes a credential."""
BEARER_OR_GUEST = [*BEARER, dict[str, list[str]]()]
"""Security of a route that serves guests, too."""
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
        servers=[Server(url=base_path or "/")],
        openapi_router=_SchemaRouter("/api", route_handlers=[], include_in_schema=False),
        operation_id_creator=_operation_id,
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


def describe(app: Litestar) -> None:
    """Make the description now: what is wrong with it shows at start-up. As strict as bodies are."""
    strict = {
        handler.parsed_data_field.annotation.__name__
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.parsed_data_field is not None
    }
    schemas = (app.openapi_schema.components or Components()).schemas or {}
    for name in strict:
        schemas[name].additional_properties = False


class _SchemaRouter(Router):
    """Serves the description, without the HTML page that Litestar adds for every other path under it."""

    @override
    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        paths = value.paths if isinstance(value, HTTPRouteHandler) else ()
        return [] if any("{path:str}" in path for path in paths) else super().register(value)


def _operation_id(
    handler: HTTPRouteHandler, _: Method | HttpMethod, components: list[str | PathParameterDefinition]
) -> str:
    """The handler's name; where it has two paths, the longer one's last part with it."""
    if len(handler.paths) > 1 and len(components) > 1:
        return f"{handler.handler_name}_{components[-1]}"
    return handler.handler_name
