"""Single headers of a request."""

from litestar.types import Scope


def header_of(scope: Scope, name: bytes) -> str:
    """The first value of the header with this `name`, which is in lower case. Empty if there is none."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")
