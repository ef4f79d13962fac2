from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from typing_extensions import override

from augury.application.models.ports.models import ActOnModel, Models
from augury.application.ports import Conflict
from augury.domain.audit import Act
from augury.domain.identifiers import UserId
from augury.domain.model import Model, ModelNotFound, ModelRef, ModelState
from augury.domain.rollout import Offer, active_in, are_still, stepping_back, version_in
from augury.domain.speed import Speed
from augury.outbound.memory.audit_log import note
from augury.outbound.memory.memory import Memory, State
from augury.outbound.memory.webhook_outbox import tell_version


@dataclass(frozen=True, slots=True)
class MemoryModels(Models):
    memory: Memory

    @override
    async def get(self, name: str, *, user_id: UserId | None = None) -> Model:
        found = self.memory.state.models.values()
        for model in found:
            if str(model.ref) == name and model.serves:
                return model
            if model.is_active and model.ref.name == name:
                canaries = (each for each in found if each.state is ModelState.CANARY)
                canary = next((each for each in canaries if each.ref.name == name), None)
                return Offer(model, canary).of(user_id)
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
    async def add(
        self, model: Model, *, beside: Sequence[Model] | None = None, act: Act | None = None
    ) -> None:
        async with self.memory.change() as state:
            if model.ref in state.models:
                raise Conflict(f"{model.ref} already exists")
            upload = state.model_uploads.get(model.ref)
            if upload and upload.upload.sha256 != model.sha256:
                raise Conflict(f"{model.ref} is to become another file")
            if beside is not None and not are_still(beside, _versions(state, model.ref.name)):
                raise Conflict(f"the versions of {model.ref.name} have changed")
            _store(state, model, self.memory.now())
            note(state, self.memory.now(), act)

    @override
    async def last_version(self, name: str) -> int:
        state = self.memory.state
        found = (ref.version for ref in (*state.models, *state.model_uploads) if ref.name == name)
        return max(found, default=0)

    @override
    async def versions(self, name: str) -> Sequence[Model]:
        return _versions(self.memory.state, name)

    @override
    async def card(self, ref: ModelRef) -> str | None:
        await self.version(ref)
        return self.memory.state.model_cards.get(ref)

    @override
    async def change_among(
        self, name: str, how: Callable[[Sequence[Model]], Model], *, act: ActOnModel | None = None
    ) -> Model:
        async with self.memory.change() as state:
            versions = _versions(state, name)
            changed = how(versions)
            before = version_in(versions, changed.ref)
            after = _store(state, changed, self.memory.now())
            note(state, self.memory.now(), act(before, after) if act else None)
        return after

    @override
    async def measured(self, speeds: Mapping[ModelRef, Speed]) -> None:
        async with self.memory.change() as state:
            for ref, speed in speeds.items():
                if model := state.models.get(ref):
                    state.models[ref] = replace(model, speed=model.speed.then(speed))


def _versions(state: State, name: str) -> list[Model]:
    """The versions of this name, oldest first."""
    found = [each for ref, each in state.models.items() if ref.name == name]
    return sorted(found, key=lambda each: each.ref.version)


def _store(state: State, model: Model, now: datetime) -> Model:
    versions = _versions(state, model.ref.name)
    before = active_in(versions)
    if model.is_active:
        model = model.after(before)
        if before is None or before.ref != model.ref:
            tell_version(state, model.ref, before.ref if before else None, now)
    for other in stepping_back(model, versions):
        state.models[other.ref] = other
    if (card := model.facts.card) is not None:
        state.model_cards[model.ref] = card
        model = replace(model, facts=replace(model.facts, card=None))
    state.models[model.ref] = model
    return model
