"""Request bodies: JSON, strictly, with the two ways of being wrong told apart."""

import codecs
import re
from collections.abc import Iterator
from typing import Any, ClassVar, TypeVar

import msgspec
from litestar.dto import AbstractDTO
from litestar.dto.data_structures import DTOFieldDefinition
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.openapi.spec import Reference, Schema
from litestar.types import Receive, Scope
from litestar.typing import FieldDefinition
from typing_extensions import override

from augury.inbound.http.field_problems import FieldProblem
from augury.inbound.http.problems import NOT_JSON, NOT_JSON_TYPE, TOO_MANY_VALUES, WRONG_SHAPE, Refused

T = TypeVar("T")
_anything: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
JSON = b"application/json"
MOST_DIGITS = 20
_TEXTS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"')
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
        return decode_json(self._decoder, self.asgi_connection.scope, value)

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


async def whole_body(scope: Scope, receive: Receive, *, most: int) -> bytes:
    """The request's body of `most` bytes; raises a 413 as soon as it says, or turns out, to be longer."""
    for name, value in scope["headers"]:
        if name == b"content-length" and len(value) > MOST_DIGITS:  # zeros in front, in vain
            raise ClientException("`Content-Length` has too many digits.")
        if name == b"content-length" and int(value) > most:  # a number: the server has read it before
            raise RequestEntityTooLarge
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientException("The body ended early.")
        assert message["type"] == "http.request"
        size += len(message["body"])
        if size > most:
            raise RequestEntityTooLarge
        chunks.append(message["body"])
        more = message["more_body"]
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def decode_json(decoder: msgspec.json.Decoder[T], scope: Scope, body: bytes) -> T:
    """Raises a 415 unless the body says that it is JSON, and see `decode`."""
    if not body:
        raise Refused(NOT_JSON, "The request has no body.")
    _require_json(scope)
    return decode(decoder, without_mark(body))


def without_mark(body: bytes) -> bytes:
    """The body without a byte order mark, which some systems put in front (RFC 8259, section 8.1).

    Raises a 400 for UTF-16, which it may mark, too.
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Refused(NOT_JSON, "The body is in UTF-16: send JSON in UTF-8.")
    return body.removeprefix(codecs.BOM_UTF8)


def _require_json(scope: Scope) -> None:
    for name, value in scope["headers"]:
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


def decode_data(data: msgspec.Raw, *, most: int) -> object:
    """The rows of a request, whatever they are; raises a 422 where they are of more than `most` values.

    A value in memory takes many times its text, so they are counted before any is made. Each follows one of
    the signs below, save the first; a text may have them too, and is looked past where it matters.
    """
    if _signs(data) > most and _signs(_TEXTS.sub(b"", bytes(data))) > most:
        raise Refused(TOO_MANY_VALUES, f"`data` is of more than {most:,} values.", most=most)
    return decode(_anything, data)


def _signs(json: bytes | msgspec.Raw) -> int:
    text = bytes(json)
    return text.count(b",") + text.count(b"[") + text.count(b"{")


def _split(message: str) -> tuple[str, str | None]:
    where = _WHERE.search(message)
    return (message[: where.start()], where["path"] or None) if where else (message, None)
