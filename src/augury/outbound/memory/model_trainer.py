import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from typing_extensions import override

from augury.application.models.ports.trainings import ModelTrainer, TableRefused, TrainingWatch
from augury.domain.feature import FeatureKind
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import Plan
from augury.outbound.memory.model_inspector import FactsFile


class MemoryModelTrainer(ModelTrainer):
    """Makes model files for the memory adapters from the header of a CSV file."""

    @override
    @asynccontextmanager
    async def train(
        self, table: AsyncIterator[bytes], name: str, plan: Plan, watch: TrainingWatch
    ) -> AsyncIterator[Path]:
        text = b"".join([piece async for piece in table]).decode()
        columns = text.partition("\n")[0].split(",")
        if plan.target not in columns:
            known = ", ".join(columns)
            raise TableRefused(Reason.of(ReasonCode.NO_COLUMN, name=plan.target, known=known))
        by_chance = Reason.of(ReasonCode.TEST_BY_CHANCE, [Reason.of(ReasonCode.NO_DUPLICATES)], share=20)
        watch.found.append(Reason.of(ReasonCode.SPLIT, [by_chance], train=4, test=1))
        watch.done, watch.total = 1, 1
        features = {each: FeatureKind.NUMERIC for each in columns if each != plan.target}
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{name}.cbm"
            file.write_bytes(msgspec.json.encode(FactsFile(features=features, classes=["no", "yes"])))
            yield file

    @override
    async def clear(self) -> int:
        return 0
