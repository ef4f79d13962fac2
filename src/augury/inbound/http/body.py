"""Request bodies: JSON, strictly, with the two ways of being wrong told apart."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar, TypeVar

import msgspec
from litestar.connection import ASGIConnection
from litestar.dto import AbstractDTO
from litestar.dto.data_structures import DTOFieldDefinition
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition
from typing_extensions import override

from augury.inbound.http.problems import NOT_JSON, NOT_JSON_TYPE, WRONG_SHAPE, FieldProblem, Refused

T = TypeVar("T")
JSON = b"application/json"
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_WHERE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")


class JsonBody(AbstractDTO[T]):
    """Makes Litestar decode a handler's `data` by msgspec in one strict go.

    Litestar's own way coerces types and answers 400 to everything.
    """

    _decoder: ClassVar[msgspec.json.Decoder[Any]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if model := getattr(cls, "model_type", None):
            cls._decoder = msgspec.json.Decoder(model)

    @override
    def decode_bytes(self, value: bytes) -> Any:
        require_json(self.asgi_connection)
        return decode(self._decoder, value)

    @classmethod
    @override
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        """There is nothing to prepare: the struct is the schema."""

    @classmethod
    @override
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any
    ) -> Reference | Schema:
        schema: Reference | Schema = schema_creator.for_field_definition(field_definition)
        return schema

    @classmethod
    @override
    def generate_field_definitions(cls, model_type: type[Any]) -> Iterator[DTOFieldDefinition]:  # type: ignore[override]  # a stub says Generator
        return iter(())

    @classmethod
    @override
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        return False


def require_json(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Raises a 415 unless the body says that it is JSON."""
    for name, value in connection.scope["headers"]:
        if name == b"content-type":
            if value == JSON or value.partition(b";")[0].strip().lower() == JSON:
                return
            said = value.decode("latin-1")
            raise Refused(NOT_JSON_TYPE, f"Send `Content-Type: application/json`, not `{said}`.")
    raise Refused(NOT_JSON_TYPE, "Send `Content-Type: application/json`.")


def decode(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw) -> T:
    """Raises a 400 for what is not JSON (or nested too deep for anyone), a 422 for what is another shape."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        message, path = _split(str(error))
        raise Refused(WRONG_SHAPE, str(error), errors=[FieldProblem(None, path, message)]) from None
    except RecursionError:
        raise Refused(NOT_JSON, "The JSON is nested too deep.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        lone = _SURROGATE.search(bytes(body))
        about = " Half of a surrogate pair is no character." if lone else ""
        raise Refused(NOT_JSON, f"{error}.{about}") from None


def _split(message: str) -> tuple[str, str | None]:
    where = _WHERE.search(message)
    return (message[: where.start()], where["path"] or None) if where else (message, None)
