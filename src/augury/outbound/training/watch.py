"""The reports of a training, and its end on request."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason, Value


class Untrainable(Exception):
    """No model can be trained on this table with these settings. `str()` says why, in English."""

    def __init__(self, code: ReasonCode, **values: Value) -> None:
        self.reason = Reason.of(code, (), **values)
        super().__init__(str(self.reason))


OnStep = Callable[[int, int], None]
"""Called with the number of steps done and of all steps."""
OnFound = Callable[[Reason], None]
"""Called with each finding in the table, as soon as it is known."""


def _nobody(*_: object) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How the operator follows a training, and ends it early."""

    on_step: OnStep = _nobody
    on_found: OnFound = _nobody
    stop: Event = field(default_factory=Event)
    """Once set, the training ends soon, with the best model so far."""
