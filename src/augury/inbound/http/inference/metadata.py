"""Describes a model's inputs and outputs as tensors."""

from collections.abc import Mapping, Sequence

from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import GROUP
from augury.domain.model import Model
from augury.inbound.http.inference.datatypes import Datatype
from augury.inbound.http.inference.messages import MetadataTensor, ModelMetadata
from augury.inbound.http.inference.outputs import Output, outputs_of

PLATFORM = "catboost"
ANY = -1
_DATATYPES: Mapping[FeatureKind, Datatype] = {
    FeatureKind.NUMERIC: Datatype.FP64,
    FeatureKind.CATEGORICAL: Datatype.BYTES,
    FeatureKind.TEXT: Datatype.BYTES,
    FeatureKind.EMBEDDING: Datatype.FP32,
    FeatureKind.DATE: Datatype.BYTES,
}
"""The datatypes that fit all values of a feature. Others are accepted if their values fit."""


def metadata_of(model: Model, versions: Sequence[Model]) -> ModelMetadata:
    """`versions` are all versions of the name; only the serving versions are listed."""
    schema = model.facts.schema
    inputs = [_input(feature) for feature in schema.features]
    if schema.is_grouped:
        inputs.append(MetadataTensor(GROUP, Datatype.BYTES, [ANY], {"kind": "group", "optional": True}))
    return ModelMetadata(
        name=model.ref.name,
        versions=[str(each.ref.version) for each in versions if each.serves],
        platform=PLATFORM,
        inputs=inputs,
        outputs=[_output(output) for output in outputs_of(model.facts.form)],
        parameters={
            "task": model.facts.task.value,
            "version": str(model.ref.version),
            "row_price": model.row_price,
            "text_price": model.text_price,
        },
    )


def _input(feature: Feature) -> MetadataTensor:
    shape = [ANY, feature.length or ANY] if feature.kind is FeatureKind.EMBEDDING else [ANY]
    parameters: dict[str, str | bool] = {"kind": feature.kind.value}
    if feature.kind is FeatureKind.NUMERIC:
        parameters["nullable"] = feature.nullable
    return MetadataTensor(feature.name, _DATATYPES[feature.kind], shape, parameters)


def _output(output: Output) -> MetadataTensor:
    return MetadataTensor(output.name, output.datatype, output.shape(ANY), dict(output.parameters))
