"""The parts of an inference's description that Litestar cannot read from the handler's signature."""

from dataclasses import dataclass
from typing import Any

from litestar.openapi.spec import (
    Example,
    OpenAPIFormat,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    Parameter,
    Schema,
)

from augury.inbound.http.description.operations import IDEMPOTENCY_KEY, TRACEPARENT
from augury.inbound.http.inference.body import HEADER

_EXAMPLE = {
    "id": "order-1842",
    "inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["Спасибо, всё отлично!"]}],
    "parameters": {"max_price": 5},
}


@dataclass
class InferOperation(Operation):
    """The two forms of an inference's body, and its headers."""

    def __post_init__(self) -> None:
        body: Any = self.request_body
        content = body.content
        json = content.pop(next(iter(content)))
        json.examples = {"text": Example(value=_EXAMPLE)}
        content["application/json"] = json
        content["application/octet-stream"] = OpenAPIMediaType(
            schema=Schema(
                type=OpenAPIType.STRING,
                format=OpenAPIFormat.BINARY,
                description="The JSON, followed by the bytes of the inputs with `binary_data_size`.",
            )
        )
        header = Parameter(
            name=HEADER,
            param_in="header",
            required=False,
            description="The length of the JSON in bytes, if the bytes of tensors follow it.",
            schema=Schema(type=OpenAPIType.INTEGER, minimum=0),
        )
        self.parameters = [*(self.parameters or ()), header, IDEMPOTENCY_KEY, TRACEPARENT]
        response: Any = (self.responses or {})["200"]
        response.headers = {
            "Idempotent-Replayed": OpenAPIHeader(
                schema=Schema(type=OpenAPIType.STRING),
                description="`true` if the same request was accepted before: nothing changed now.",
            )
        }
