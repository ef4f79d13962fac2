"""Strict query parameters: an unknown one is refused, so that a mistyped name is noticed."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.types import Scope

from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.field_problems import FieldProblem
from augury.inbound.http.problems.refusals import WRONG_SHAPE
from augury.inbound.http.problems.wording import listed

_MOST_NAMED = 10


async def only_known_parameters(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Guard: raises a 422 for query parameters that a described route does not have."""
    scope = connection.scope
    if (
        scope["query_string"]
        and isinstance(handler, HTTPRouteHandler)
        and handler.resolve_include_in_schema()
    ):
        require_known(scope, query_parameters(handler))


def query_parameters(handler: HTTPRouteHandler) -> Sequence[str]:
    """The names of the handler's query parameters."""
    return [
        field.kwarg_definition.name or name
        for name, field in handler.parsed_fn_signature.parameters.items()
        if isinstance(field.kwarg_definition, QueryParameter)
    ]


def require_known(scope: Scope, known: Sequence[str] = ()) -> None:
    """Raises a 422 that names each query parameter that is not `known`, or is given more than once."""
    query = scope["query_string"].decode("latin-1")
    given = Counter(name for name, _ in parse_qsl(query, keep_blank_values=True))
    are = "parameter is" if len(known) == 1 else "parameters are"
    takes = f"its {are} {listed(known)}" if known else "it has none"
    wrong = [
        (name, f"is not a query parameter of this route: {takes}") for name in given if name not in known
    ]
    wrong += [(name, "is given more than once") for name in known if given[name] > 1]
    if wrong:
        errors = [FieldProblem(None, name[:100], message) for name, message in wrong[:_MOST_NAMED]]
        raise Refused(WRONG_SHAPE, f"`{errors[0].field}` {errors[0].message}.", errors=errors)
