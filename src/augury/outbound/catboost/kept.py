"""The models that a process keeps in memory, and their explainers."""

import asyncio
from functools import partial
from typing import TypeAlias

from cachetools import LRUCache

from augury.application.models.ports.models import ModelStore, ModelUnavailable
from augury.domain.lane import Lane
from augury.domain.model import Model, ModelRef
from augury.domain.model_facts import ModelFacts
from augury.outbound.catboost.calls import Calls
from augury.outbound.catboost.loaded import LoadedModel
from augury.outbound.catboost.loading import load_model
from augury.outbound.catboost.shares import Explainer

Kept: TypeAlias = tuple[ModelFacts, LoadedModel]
"""A model in memory, and its registered facts at the time of loading."""


class KeptModels:
    """Loads the models of the store when they are needed, and drops the least recently used ones."""

    def __init__(self, store: ModelStore, calls: Calls, *, most: int, threads: int) -> None:
        """Keep up to `most` models. Each call of a model uses this number of `threads`."""
        self._store = store
        self._calls = calls
        self._threads = threads
        self._loaded: LRUCache[tuple[str, ModelRef], Kept] = LRUCache(most)
        self._explainers: LRUCache[int, tuple[LoadedModel, Explainer]] = LRUCache(most)
        self._loading = asyncio.Lock()

    async def get(self, model: Model, lane: Lane) -> LoadedModel:
        """The model, loaded on a thread of the lane if it is not in memory. Raises `ModelUnavailable`."""
        return self._recall(model) or await self._load(model, lane)

    async def explainer(self, loaded: LoadedModel, lane: Lane) -> Explainer:
        """Raises `ModelUnavailable` if the model cannot be explained here, although the check of its file
        succeeded."""
        return await self._calls.run(lane, partial(self._explainer, loaded))

    async def _load(self, model: Model, lane: Lane) -> LoadedModel:
        async with self._loading:  # so that two batches do not load the same model twice
            if loaded := self._recall(model):
                return loaded
            path = await self._store.path(model.sha256)
            loaded = await self._calls.run(lane, partial(load_model, path, model, self._threads))
            self._loaded[model.sha256, model.ref] = model.facts, loaded
            return loaded

    def _recall(self, model: Model) -> LoadedModel | None:
        """The loaded model, or None. Also None if the operator has changed the version's facts since."""
        key = model.sha256, model.ref
        kept = self._loaded.get(key)
        if kept is None:
            return None
        if kept[0] != model.facts:
            del self._loaded[key]
            return None
        return kept[1]

    def _explainer(self, loaded: LoadedModel) -> Explainer:
        kept = self._explainers.get(id(loaded))
        try:
            if kept is None:  # keeps the model, too, so that no other object can get its id
                kept = self._explainers[id(loaded)] = loaded, Explainer(loaded.catboost, loaded.facts)
        except Exception as error:  # whatever CatBoost raises
            raise ModelUnavailable(f"it cannot be explained: {error}") from error
        return kept[1]
