"""Reads the fields before a form's file while the file is still arriving."""

from collections.abc import AsyncIterator

from litestar.types import Scope
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from augury.inbound.web.visitor import Forged

MOST_BYTES = 65_536
"""The size limit of all fields before the file, in bytes."""


class FormHead:
    """Reads the fields and keeps the bytes, because the reader of the file needs them again."""

    def __init__(self, scope: Scope, body: AsyncIterator[bytes]) -> None:
        """Raises `Forged` if this is not a form with a file."""
        kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
        name, options = parse_options_header(kind.decode("latin-1"))
        if name.lower() != "multipart/form-data" or not options.get("boundary"):
            raise Forged
        self._parser = PushMultipartParser(str(options["boundary"]))
        self._body = body
        self._kept: list[bytes] = []

    async def fields(self) -> dict[str, str]:
        """The fields before the file. Raises `Forged`."""
        found: dict[str, bytearray] = {}
        name, size = "", 0
        async for chunk in self._body:
            self._kept.append(chunk)
            try:
                for event in self._parser.parse(chunk[: MOST_BYTES - size]):
                    if isinstance(event, MultipartSegment):
                        if event.filename is not None:
                            return {key: value.decode("utf-8", "replace") for key, value in found.items()}
                        name = event.name or ""
                        found[name] = bytearray()
                    elif event is not None:
                        found[name] += event
            except MultipartError:
                raise Forged from None
            size += len(chunk)
            if size >= MOST_BYTES:
                break
        raise Forged

    async def whole(self) -> AsyncIterator[bytes]:
        """The body from its first byte."""
        for chunk in self._kept:
            yield chunk
        async for chunk in self._body:
            yield chunk
