"""Loads the file of a registered version."""

from dataclasses import replace
from pathlib import Path

from augury.application.models.ports.models import ModelUnavailable
from augury.domain.model import Model, ModelRefused
from augury.domain.model_facts import ModelFacts
from augury.outbound.catboost.file import facts_of, open_model
from augury.outbound.catboost.loaded import LoadedModel
from augury.outbound.catboost.seen import seen_in


def load_model(path: Path, model: Model, threads: int = 1) -> LoadedModel:
    """Raises `ModelUnavailable` if the file is broken, or differs from what was registered."""
    try:
        catboost = open_model(path)
        found = facts_of(catboost)
    except ModelRefused as refusal:
        raise ModelUnavailable(f"{model.ref}: {refusal.reason}") from refusal
    if _interface(found) != _interface(model.facts):
        raise ModelUnavailable(f"{model.ref}: the file's features or answers differ from the registered ones")
    return LoadedModel.of(catboost, _completed(model.facts, found), found, seen_in(path), threads)


def _completed(registered: ModelFacts, found: ModelFacts) -> ModelFacts:
    """Fill in facts from the file: a version that an older release added may lack them."""
    return replace(registered, threshold=found.threshold, read_as=registered.read_as or found.read_as)


def _interface(facts: ModelFacts) -> tuple[object, ...]:
    features = [(feature.name, feature.kind, feature.length) for feature in facts.schema.features]
    return facts.task, facts.classes, facts.outputs, features
