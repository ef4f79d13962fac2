"""Parts of an operation's description that Litestar cannot read from its handler's signature."""

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
    description="Your own name for this request. A repeated request with the same name within 24 hours does "
    "not move money again. Not for guests.",
    schema=Schema(
        type=OpenAPIType.STRING,
        min_length=1,
        max_length=MOST_KEY_CHARACTERS,
        pattern="^[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?$",  # servers trim surrounding whitespace
    ),
)
PREFER = Parameter(
    name="Prefer",
    param_in="header",
    required=False,
    description="`wait=30` delays the response until the prediction is final, for at most 30 seconds. The "
    "maximum is `AUGURY_MAX_WAIT` (60 seconds by default).",
    schema=Schema(type=OpenAPIType.STRING),
    examples={"wait": Example(value="wait=30")},
)
TRACEPARENT = Parameter(
    name="traceparent",
    param_in="header",
    required=False,
    # No example, because the page would send it with every request that a reader tries.
    description="Your trace (W3C Trace Context). It is passed on to the worker and its log lines.",
    schema=Schema(type=OpenAPIType.STRING),
)
_SUBMISSION = {"data": {"text": "Какой-то текст для предсказания"}}
_TEXT = Schema(type=OpenAPIType.STRING)
_REPLAYED = {
    "Idempotent-Replayed": OpenAPIHeader(
        schema=_TEXT, description="`true` if the same request was accepted before: nothing changed now."
    )
}
_ANSWER_HEADERS = {
    "Location": OpenAPIHeader(schema=_TEXT, description="The URL of the prediction."),
    **_REPLAYED,
    "Preference-Applied": OpenAPIHeader(schema=_TEXT, description="The `wait` that was applied."),
}


@dataclass
class KeyedOperation(Operation):
    """An operation that moves money only once per `Idempotency-Key`."""

    def __post_init__(self) -> None:
        self.parameters = [*(self.parameters or ()), IDEMPOTENCY_KEY]
        response: Any = (self.responses or {})["200"]
        response.headers = _REPLAYED


@dataclass
class KeyedBodilessOperation(KeyedOperation):
    """A keyed operation that does not need a body."""

    def __post_init__(self) -> None:
        super().__post_init__()
        body: Any = self.request_body
        body.required = False


@dataclass
class SubmitOperation(Operation):
    """The headers of a submit, which its handler reads itself, and an example of its body."""

    def __post_init__(self) -> None:
        body: Any = self.request_body
        body.content["application/json"].examples = {"text": Example(value=_SUBMISSION)}
        self.parameters = [*(self.parameters or ()), IDEMPOTENCY_KEY, PREFER, TRACEPARENT]
        for status in ("200", "202"):
            response: Any = (self.responses or {})[status]
            response.headers = _ANSWER_HEADERS


@dataclass
class CsvOperation(Operation):
    """A list that can also be CSV, which has no place for the cursor of the next page."""

    def __post_init__(self) -> None:
        response: Any = (self.responses or {})["200"]
        response.content["text/csv"] = OpenAPIMediaType(schema=_TEXT)
        response.headers = {
            "Link": OpenAPIHeader(schema=_TEXT, description='The next page, if there is one: `rel="next"`.')
        }


@dataclass
class HtmlOperation(Operation):
    """An operation that can also answer with a page for people."""

    def __post_init__(self) -> None:
        response: Any = (self.responses or {})["200"]
        response.content["text/html"] = OpenAPIMediaType(schema=_TEXT)
