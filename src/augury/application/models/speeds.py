"""The speeds of model versions, as this process measures them until they are stored."""

from collections.abc import Mapping
from threading import Lock

from augury.application.limits import Limits
from augury.domain.model import Model, ModelRef
from augury.domain.speed import NOT_MEASURED, Speed

MOST_VERSIONS = 1_000
"""Versions that are remembered. After that, all are forgotten and measured again."""
STORE_EVERY = 60.0
"""Seconds between two stores of the same version's speed."""


class Speeds:
    """Several threads may call this."""

    def __init__(self, limits: Limits) -> None:
        self._slice = limits.slice
        self._lock = Lock()
        self._measured: dict[ModelRef, Speed] = {}
        self._unstored: dict[ModelRef, Speed] = {}
        self._stored_at: dict[ModelRef, float] = {}
        self._weights: dict[ModelRef, float] = {}

    def note(self, model: Model, units: float, seconds: float) -> None:
        """Add a call of the model with that much work (`SliceLimit.units`)."""
        with self._lock:
            self._note(model, units, seconds)

    def _note(self, model: Model, units: float, seconds: float) -> None:
        if len(self._measured) >= MOST_VERSIONS and model.ref not in self._measured:
            for each in (self._measured, self._unstored, self._stored_at, self._weights):
                each.clear()
        ref, call = model.ref, Speed.of_call(units, seconds)
        self._measured[ref] = self._measured.get(ref, NOT_MEASURED).then(call)
        self._unstored[ref] = self._unstored.get(ref, NOT_MEASURED).then(call)
        weight = self._slice.weight(self.of(model))
        if weight > 1:
            self._weights[ref] = weight
        else:
            self._weights.pop(ref, None)

    def of(self, model: Model) -> Speed:
        """What all workers have stored, and what this process measured."""
        return model.speed.then(self._measured.get(model.ref, NOT_MEASURED))

    @property
    def weights(self) -> Mapping[ModelRef, float]:
        """The weight of a row (`SliceLimit.weight`) for each version that this process found to be slow."""
        with self._lock:
            return dict(self._weights)

    def take(self, now: float) -> Mapping[ModelRef, Speed]:
        """The speeds that are due to be stored. `now` is in seconds."""
        with self._lock:
            due = [
                ref
                for ref, speed in self._unstored.items()
                if speed.is_known and now - self._stored_at.get(ref, float("-inf")) >= STORE_EVERY
            ]
            for ref in due:
                self._stored_at[ref] = now
            return {ref: self._unstored.pop(ref) for ref in due}

    def put_back(self, taken: Mapping[ModelRef, Speed]) -> None:
        """Keep speeds that could not be stored. They are due again at once."""
        with self._lock:
            for ref, speed in taken.items():
                self._unstored[ref] = speed.then(self._unstored.get(ref, NOT_MEASURED))
                self._stored_at.pop(ref, None)
