"""The body of a request that is a file, in the API's description. Its handler reads it as a stream."""

from collections.abc import Iterable

from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, RequestBody, Schema

from augury.inbound.http.files.formats import FORM

FILE = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)


def sent_file(media_types: Iterable[str], description: str) -> RequestBody:
    """The file itself, or a form with the field `file`."""
    form = Schema(type=OpenAPIType.OBJECT, required=["file"], properties={"file": FILE})
    content = {each: OpenAPIMediaType(schema=FILE) for each in media_types}
    return RequestBody(
        content=content | {FORM: OpenAPIMediaType(schema=form)}, description=description, required=True
    )
