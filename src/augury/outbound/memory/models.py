from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from typing_extensions import override

from augury.application.models.ports import Models
from augury.application.ports import Conflict
from augury.domain.model import Model, ModelNotFound, ModelRef, ModelState
from augury.outbound.memory.memory import Memory, State


@dataclass(frozen=True, slots=True)
class MemoryModels(Models):
    memory: Memory

    @override
    async def get(self, name: str) -> Model:
        for model in self.memory.state.models.values():
            asked_for = str(model.ref) == name or (model.is_active and model.ref.name == name)
            if asked_for and model.serves:
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
    async def page(self, *, limit: int, after: str = "") -> Sequence[Model]:
        found = [model for model in await self.all() if model.serves and model.ref.name > after]
        names = sorted({model.ref.name for model in found})[:limit]
        return [model for model in found if model.ref.name in names]

    @override
    async def add(self, model: Model) -> None:
        async with self.memory.change() as state:
            if model.ref in state.models:
                raise Conflict(f"{model.ref} already exists")
            upload = state.model_uploads.get(model.ref)
            if upload and upload.upload.sha256 != model.sha256:
                raise Conflict(f"{model.ref} is to become another file")
            _store(state, model)

    @override
    async def last_version(self, name: str) -> int:
        state = self.memory.state
        found = (ref.version for ref in (*state.models, *state.model_uploads) if ref.name == name)
        return max(found, default=0)

    @override
    async def versions(self, name: str) -> Sequence[Model]:
        return [model for model in await self.all() if model.ref.name == name]

    @override
    async def card(self, ref: ModelRef) -> str | None:
        await self.version(ref)
        return self.memory.state.model_cards.get(ref)

    @override
    async def change(self, ref: ModelRef, how: Callable[[Model], Model]) -> Model:
        async with self.memory.change() as state:
            if ref not in state.models:
                raise ModelNotFound(model=str(ref))
            model = how(state.models[ref])
            _store(state, model)
        return model


def _store(state: State, model: Model) -> None:
    if model.is_active:
        for ref, other in list(state.models.items()):
            if ref.name == model.ref.name and other.is_active:
                state.models[ref] = replace(other, state=ModelState.READY)
    if (card := model.facts.card) is not None:
        state.model_cards[model.ref] = card
        model = replace(model, facts=replace(model.facts, card=None))
    state.models[model.ref] = model
