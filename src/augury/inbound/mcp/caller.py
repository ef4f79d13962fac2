"""The caller, and the abilities of their client. The HTTP side has already identified the caller."""

from dataclasses import dataclass
from typing import Any, Self

from mcp.server.context import ServerRequestContext
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from augury.concurrency.trace_context import traceparent
from augury.domain.api_key import KeyScope, KeyTerms, ModelNotListed
from augury.domain.identifiers import UserId
from augury.domain.model import ModelRef

Context = ServerRequestContext[Any, Any]
TASKS = "io.modelcontextprotocol/tasks"
MAX_PRICE = b"augury-max-price"
_MOST_DIGITS = 18


class InvalidMaxPrice(ValueError):
    """The header `Augury-Max-Price` is not a whole number of credits."""


@dataclass(frozen=True, slots=True)
class Caller:
    user_id: UserId
    max_price: int | None
    """The most credits that one call may cost without the user's consent: the header `Augury-Max-Price` from
    the client's configuration."""
    can_be_asked: bool
    """Whether the client can show a form to its user and repeat its call with the answer."""
    knows_tasks: bool
    terms: KeyTerms | None
    """The rights of the caller's API key. None for a caller without one."""
    trace: str | None
    """The caller's trace (W3C Trace Context): `traceparent` in the call's `_meta`, or else the header."""

    @classmethod
    def of(cls, context: Context) -> Self:
        """Raises `InvalidMaxPrice`."""
        assert context.request is not None
        scope = context.request.scope
        is_modern = context.protocol_version in MODERN_PROTOCOL_VERSIONS
        client = context.session.client_capabilities if is_modern else None
        forms = client.elicitation if client else None
        terms: KeyTerms | None = scope["terms"]
        may_read = terms is None or KeyScope.READ in terms.scopes
        return cls(
            scope["user"],
            _max_price(scope["headers"]),
            can_be_asked=forms is not None and (forms.form is not None or forms.url is None),
            knows_tasks=may_read and client is not None and TASKS in (client.extensions or {}),
            terms=terms,
            trace=traceparent((context.meta or {}).get("traceparent")) or _trace(scope["headers"]),
        )

    def require(self, scope: KeyScope) -> None:
        """Raises `ScopeMissing` if the caller's API key does not have it."""
        if self.terms is not None:
            self.terms.require(scope)

    def may_use(self, model: ModelRef) -> bool:
        try:
            if self.terms is not None:
                self.terms.require_model(model)
        except ModelNotListed:
            return False
        return True

    def most(self, asked: int | None) -> int | None:
        """The highest price without consent, if the call itself accepts at most `asked` credits."""
        limits = [each for each in (self.max_price, asked) if each is not None]
        return min(limits) if limits else None


def _trace(headers: list[tuple[bytes, bytes]]) -> str | None:
    said = next((value for name, value in headers if name == b"traceparent"), None)
    return None if said is None else traceparent(said.decode("latin-1"))


def _max_price(headers: list[tuple[bytes, bytes]]) -> int | None:
    said = [value for name, value in headers if name == MAX_PRICE]
    if not said:
        return None
    if len(said) > 1 or not said[0].isdigit() or len(said[0]) > _MOST_DIGITS:
        raise InvalidMaxPrice("The header `Augury-Max-Price` must be one whole number of credits.")
    return int(said[0])
