from pathlib import Path

import msgspec
from typing_extensions import override

from augury.application.models.ports.uploads import ModelInspector
from augury.domain.answer_form import ModelTask
from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.model import ModelRefused
from augury.domain.model_facts import ModelFacts
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason


class FactsFile(msgspec.Struct, forbid_unknown_fields=True):
    """A model file for the memory adapters: only the facts that a real file would state."""

    features: dict[str, FeatureKind]
    classes: list[str] = []
    metrics: dict[str, float] = {}


class MemoryModelInspector(ModelInspector):
    @override
    async def inspect(self, file: Path) -> ModelFacts:
        try:
            facts = _read(file)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ModelRefused(reason=Reason.of(ReasonCode.UNREADABLE, error=str(error))) from error
        return ModelFacts(
            task=ModelTask.CLASSIFICATION if facts.classes else ModelTask.REGRESSION,
            schema=InputSchema(tuple(Feature(name, kind) for name, kind in facts.features.items())),
            classes=tuple(facts.classes),
            metrics=facts.metrics,
        )


def _read(file: Path) -> FactsFile:
    return msgspec.json.decode(file.read_bytes(), type=FactsFile)
