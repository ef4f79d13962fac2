"""The messages of the Open Inference Protocol, version 2."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from augury.inbound.http.description.openapi import Shows
from augury.inbound.http.inference.datatypes import Datatype
from augury.inbound.http.problems.documents import Problem

MOST_DIMENSIONS = 2
Parameters = dict[str, str | float | bool | None]
Size = Annotated[int, msgspec.Meta(ge=0)]
Scalar = str | float | bool | None
Data = Annotated[
    msgspec.Raw,
    Shows(
        type=list[Scalar | list[Scalar]],
        description="The elements in row-major order, flat or nested. null is a missing value. Left out if "
        "they follow the JSON as bytes (`binary_data_size`).",
        example=["Какой-то текст для предсказания"],
    ),
]


class InferInput(msgspec.Struct, forbid_unknown_fields=True):
    """One column of the table, with a feature's name. Its shape is `[n]` or `[n, 1]` for n rows, and `[n, k]`
    for an embedding of k numbers."""

    name: str
    shape: Annotated[list[Size], msgspec.Meta(min_length=1, max_length=MOST_DIMENSIONS)]
    datatype: Datatype
    parameters: Parameters | None = None
    data: Data = msgspec.field(default_factory=msgspec.Raw)


class RequestedOutput(msgspec.Struct, forbid_unknown_fields=True):
    """An output that the answer should have. Without any, the answer has all outputs."""

    name: str
    parameters: Parameters | None = None


class InferRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A table for a model, column by column. `id` is returned with the answer. It is also the request's
    idempotency key: the same request with the same `id` is charged once within 24 hours.

    `parameters` may have `max_price` (credits) and `expires_in` (seconds), as in `POST /predictions`.
    """

    inputs: Annotated[list[InferInput], msgspec.Meta(min_length=1)]
    id: str | None = None
    parameters: Parameters | None = None
    outputs: list[RequestedOutput] | None = None


class OutputTensor(msgspec.Struct, frozen=True, omit_defaults=True):
    """One part of the answers to all rows, in row-major order. null is a missing number."""

    name: str
    shape: list[int]
    datatype: Datatype
    data: list[Scalar]
    parameters: Mapping[str, str] = {}


class InferResponse(msgspec.Struct, frozen=True):
    """The answers to all rows. `parameters` have their cost in credits: `price` was held, and `charged` is
    the final cost. `prediction_id` is the id for `GET /predictions/{prediction_id}`."""

    model_name: str
    model_version: str
    id: str | msgspec.UnsetType
    parameters: dict[str, str | int | bool]
    outputs: list[OutputTensor]


class MetadataTensor(msgspec.Struct, frozen=True):
    """An input or an output. `-1` stands for any number."""

    name: str
    datatype: Datatype
    shape: list[int]
    parameters: dict[str, str | bool]


class ModelMetadata(msgspec.Struct, frozen=True):
    """A version of a model: one input for each feature, and the outputs of its kind of answer."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[MetadataTensor]
    outputs: list[MetadataTensor]
    parameters: dict[str, str | int]


class ServerMetadata(msgspec.Struct, frozen=True):
    name: str
    version: str
    extensions: list[str]


class Live(msgspec.Struct, frozen=True):
    live: bool


class Ready(msgspec.Struct, frozen=True):
    ready: bool


class ModelReady(msgspec.Struct, frozen=True):
    name: str
    ready: bool


class ModelNames(msgspec.Struct, frozen=True):
    models: list[str]
    next_cursor: str | None


class InferenceProblem(Problem, frozen=True, kw_only=True):
    """A refusal (RFC 9457). Its member `error` has the message, because clients of the protocol look for it
    there."""

    error: str
