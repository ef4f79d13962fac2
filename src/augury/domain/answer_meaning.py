"""The meaning of a model's numbers."""

from enum import StrEnum


class ProbabilitiesAre(StrEnum):
    """How the probabilities of one answer relate to each other."""

    EXCLUSIVE = "exclusive"
    """They add up to 1."""
    INDEPENDENT = "independent"
    """They are independent and do not add up to 1."""


class ValueIs(StrEnum):
    """The meaning of a regression's answer."""

    MEAN = "mean"
    MEDIAN = "median"
    QUANTILE = "quantile"
    """A share `alpha` of the targets lies below it."""
    EXPECTILE = "expectile"
    """Like a mean, with a share `alpha` of the weight on targets above it."""
    TYPICAL = "typical"
    """A typical target: the loss estimates neither the mean nor a quantile."""
    RATE = "rate"
    """The expected number of events."""
    LOG_HAZARD = "log_hazard"
    """The logarithm of a relative hazard. It ranks the rows and has no unit."""
    SCORE = "score"
    """The model's raw score. Only the model's author knows its unit."""
    UNKNOWN = "unknown"
    """The file does not say."""


UNITLESS = frozenset({ValueIs.LOG_HAZARD, ValueIs.SCORE})
"""Values that are not in the unit of the training target."""


class ReadAs(StrEnum):
    """How a regression's raw value becomes its answer."""

    RAW = "raw"
    """Unchanged."""
    EXPONENT = "exponent"
    """e to its power: the model learned the logarithm of the target."""
