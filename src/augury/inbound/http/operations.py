"""What Litestar cannot read from a handler's signature, for the description of its operation."""

from dataclasses import dataclass
from typing import Any

from litestar.openapi.spec import (
    Example,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    Parameter,
    Schema,
)

MOST_KEY_CHARACTERS = 255
IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    param_in="header",
    required=False,
    description="Your own name for this request: repeated within 24 hours it moves no money again. "
    "Not for guests.",
    schema=Schema(
        type=OpenAPIType.STRING,
        min_length=1,
        max_length=MOST_KEY_CHARACTERS,
        pattern="^[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?$",  # servers trim what is around a value
    ),
)
PREFER = Parameter(
    name="Prefer",
    param_in="header",
    required=False,
    description="`wait=30` holds the answer until the prediction is final, for so many seconds (60 at most).",
    schema=Schema(type=OpenAPIType.STRING),
    examples={"wait": Example(value="wait=30")},
)
TRACEPARENT = Parameter(
    name="traceparent",
    param_in="header",
    required=False,
    # No example: the page would send it with every request that is tried.
    description="Your trace (W3C Trace Context): it goes with the task, into the worker's log lines.",
    schema=Schema(type=OpenAPIType.STRING),
)
_SUBMISSION = {"data": {"text": "Какой-то текст для предсказания"}}
_TEXT = Schema(type=OpenAPIType.STRING)
_REPLAYED = {
    "Idempotent-Replayed": OpenAPIHeader(
        schema=_TEXT, description="`true` where this request was accepted before and moved nothing now."
    )
}
_ANSWER_HEADERS = {
    "Location": OpenAPIHeader(schema=_TEXT, description="Where the prediction is."),
    **_REPLAYED,
    "Preference-Applied": OpenAPIHeader(schema=_TEXT, description="The wait that was honoured."),
}


@dataclass
class KeyedOperation(Operation):
    """An operation that moves money, once per `Idempotency-Key`."""

    def __post_init__(self) -> None:
        self.parameters = [*(self.parameters or ()), IDEMPOTENCY_KEY]
        response: Any = (self.responses or {})["200"]
        response.headers = _REPLAYED


@dataclass
class KeyedBodilessOperation(KeyedOperation):
    """One that needs no body."""

    def __post_init__(self) -> None:
        super().__post_init__()
        body: Any = self.request_body
        body.required = False


@dataclass
class SubmitOperation(Operation):
    """The headers of a submit, which its handler reads by itself, and a body to try it with."""

    def __post_init__(self) -> None:
        body: Any = self.request_body
        body.content["application/json"].examples = {"text": Example(value=_SUBMISSION)}
        self.parameters = [*(self.parameters or ()), IDEMPOTENCY_KEY, PREFER, TRACEPARENT]
        for status in ("200", "202"):
            response: Any = (self.responses or {})[status]
            response.headers = _ANSWER_HEADERS


@dataclass
class CsvOperation(Operation):
    """An operation whose answer may be had as CSV."""

    def __post_init__(self) -> None:
        response: Any = (self.responses or {})["200"]
        response.content["text/csv"] = OpenAPIMediaType(schema=_TEXT)
