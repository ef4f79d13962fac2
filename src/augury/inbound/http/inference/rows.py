"""Makes the rows of a prediction from tensors, one for each column."""

from collections.abc import Sequence
from math import prod
from typing import Any

from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.inbound.http.inference.body import binary_parts
from augury.inbound.http.inference.datatypes import from_bytes, from_json
from augury.inbound.http.inference.messages import InferInput
from augury.inbound.http.inference.parameters import input_parameters
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import TOO_MANY_VALUES, WRONG_SHAPE


def rows_of(
    inputs: Sequence[InferInput], rest: memoryview, schema: InputSchema | None, *, most: int
) -> list[dict[str, Any]]:
    """The rows, before they are checked against the model. `rest` is the body after the JSON. Without a
    `schema`, every input with one element per row is a plain feature.

    Raises a 422, also for more than `most` values.
    """
    _require_one_table(inputs)
    if sum(prod(tensor.shape) for tensor in inputs) > most:
        raise Refused(TOO_MANY_VALUES, f"`inputs` have more than {most:,} values.", most=most)
    features = {feature.name: feature for feature in schema.features} if schema else {}
    columns = [
        _column(tensor, part, features.get(tensor.name), most)
        for tensor, part in zip(inputs, binary_parts(inputs, rest), strict=True)
    ]
    names = [tensor.name for tensor in inputs]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _require_one_table(inputs: Sequence[InferInput]) -> None:
    first = inputs[0]
    seen: set[str] = set()
    for tensor in inputs:
        if tensor.name in seen:
            raise Refused(WRONG_SHAPE, f"There are two inputs `{tensor.name[:100]}`.")
        seen.add(tensor.name)
        if tensor.shape[0] != first.shape[0]:
            raise Refused(
                WRONG_SHAPE,
                f"The inputs `{first.name[:100]}` and `{tensor.name[:100]}` have {first.shape[0]} and "
                f"{tensor.shape[0]} rows: the first number of each shape must be the same.",
            )
        if input_parameters(tensor).get("content_type") == "base64":
            raise Refused(
                WRONG_SHAPE, f"The input `{tensor.name[:100]}` is in base64: send it without that encoding."
            )


def _column(tensor: InferInput, part: memoryview | None, feature: Feature | None, most: int) -> list[Any]:
    if part is None:
        elements = from_json(tensor.name, tensor.datatype, tensor.shape, tensor.data, most)
    else:
        elements = from_bytes(tensor.name, tensor.datatype, prod(tensor.shape), part)
    width = tensor.shape[1] if len(tensor.shape) > 1 else 1
    kind = feature.kind if feature else None
    if width and (kind is FeatureKind.EMBEDDING or (kind is None and width != 1)):
        return [elements[begin : begin + width] for begin in range(0, len(elements), width)]
    if width != 1:
        raise Refused(
            WRONG_SHAPE,
            f"The input `{tensor.name[:100]}` has the shape {tensor.shape}. It takes one element for each "
            f"row: [{tensor.shape[0]}] or [{tensor.shape[0]}, 1].",
        )
    if kind is FeatureKind.DATE:  # the binary form has no other way to omit a text
        return [each or None for each in elements]
    return elements
