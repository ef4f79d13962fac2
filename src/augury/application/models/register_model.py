from dataclasses import dataclass
from pathlib import Path

from augury.application.models.ports import ModelInspector, Models, ModelStore
from augury.application.ports import Clock
from augury.domain.model import Model, ModelRef


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterModel:
    """Offer a trained model file: as the next version of its name."""

    models: Models
    store: ModelStore
    inspector: ModelInspector
    clock: Clock

    async def __call__(self, *, file: Path, name: str, row_price: int, activate: bool = True) -> Model:
        """Raises `ModelRefused`, `InvalidModelName`, `InvalidAmount`."""
        facts = await self.inspector.inspect(file)
        model = Model(
            ref=ModelRef(name, await self.models.next_version(name)),
            facts=facts,
            sha256=await self.store.put(file),
            row_price=row_price,
            active=activate,
            created_at=self.clock.now(),
        )
        await self.models.add(model)
        return model
