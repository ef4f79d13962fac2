from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from typing_extensions import override

from augury.application.models.ports import Models
from augury.domain.model import Model, ModelNotFound, ModelRef
from augury.outbound.memory.memory import Memory, State


@dataclass(frozen=True, slots=True)
class MemoryModels(Models):
    memory: Memory

    @override
    async def get(self, name: str) -> Model:
        for model in self.memory.state.models.values():
            asked_for = str(model.ref) == name or (model.active and model.ref.name == name)
            if asked_for and not model.retired:
                return model
        raise ModelNotFound(model=name)

    @override
    async def version(self, ref: ModelRef) -> Model:
        try:
            return self.memory.state.models[ref]
        except KeyError:
            raise ModelNotFound(model=str(ref)) from None

    @override
    async def all(self) -> Sequence[Model]:
        return sorted(
            self.memory.state.models.values(), key=lambda model: (model.ref.name, model.ref.version)
        )

    @override
    async def add(self, model: Model) -> None:
        async with self.memory.change() as state:
            _store(state, model)

    @override
    async def next_version(self, name: str) -> int:
        return 1 + max((ref.version for ref in self.memory.state.models if ref.name == name), default=0)

    @override
    async def change(self, ref: ModelRef, how: Callable[[Model], Model]) -> Model:
        async with self.memory.change() as state:
            if ref not in state.models:
                raise ModelNotFound(model=str(ref))
            model = how(state.models[ref])
            _store(state, model)
        return model


def _store(state: State, model: Model) -> None:
    if model.active:
        for ref, other in list(state.models.items()):
            if ref.name == model.ref.name:
                state.models[ref] = replace(other, active=False)
    state.models[model.ref] = model
