"""What this adapter needs besides use cases and ports: the API's own views.

An agent reads the same words and members as a program that uses the API. They belong to the HTTP side.
Inbound adapters do not import each other, so `bootstrap` hands them in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from augury.application.predictions.ports.reads import StoredPrediction
from augury.domain.errors import DomainError
from augury.domain.idempotency import IdempotencyKey
from augury.domain.model import Model

JsonObject = dict[str, Any]


class MakeKey(Protocol):
    def __call__(self, name: str, body: bytes, *values: object) -> IdempotencyKey:
        """The idempotency key of a submit with these values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    prediction: Callable[[StoredPrediction], JsonObject]
    listed: Callable[[StoredPrediction], JsonObject]
    """Without its errors, of which only the number is shown."""
    model: Callable[[Model], JsonObject]
    """With the JSON Schemas of a row (`input_schema`) and of an answer (`output_schema`), and its prices."""
    problem: Callable[[DomainError], JsonObject]
    """The problem document (RFC 9457) of a refusal."""
    make_key: MakeKey
