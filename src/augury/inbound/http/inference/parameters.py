"""The parameters of requests, inputs and outputs. Unsupported parameters are refused."""

from collections.abc import Mapping
from typing import TypeGuard

from augury.domain.transfer import MOST_CREDITS
from augury.inbound.http.inference.messages import InferInput, Parameters, RequestedOutput
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import WRONG_SHAPE
from augury.inbound.http.problems.wording import listed

Given = Mapping[str, str | float | bool]
"""The parameters that are not null. Whole numbers may also be written as floats."""
_CHECKED: Mapping[str, tuple[type, int, int]] = {
    "max_price": (int, 0, MOST_CREDITS),
    "expires_in": (int, 1, 100 * 365 * 86_400),
    "binary_data_output": (bool, 0, 1),
}
"""The type, the least and the greatest value of each parameter of a request."""
_OF_INPUT = ("binary_data_size", "content_type")
_OF_OUTPUT = ("binary_data", "content_type")


def request_parameters(given: Parameters | None) -> Mapping[str, int]:
    """The parameters by name. Raises a 422 for unknown parameters, and for wrong values.

    Two have no effect. `binary_data_output` asks for binary outputs: they are always JSON here, which the
    protocol allows. `content_type` is left out: it is a hint for servers that let callers choose how a tensor
    is decoded.
    """
    found: dict[str, int] = {}
    for name, value in known("parameters", given, (*_CHECKED, "content_type")).items():
        if name == "content_type":
            continue
        kind, least, most = _CHECKED[name]
        fits = isinstance(value, bool) if kind is bool else is_whole(value)
        if not fits or not least <= float(value) <= most:
            wanted = "true or false" if kind is bool else f"a whole number from {least} to {most}"
            raise Refused(WRONG_SHAPE, f"`parameters.{name}` must be {wanted}.")
        found[name] = int(value)
    return found


def is_whole(value: object) -> TypeGuard[float]:
    return isinstance(value, float) and value.is_integer()


def known(where: str, given: Parameters | None, names: tuple[str, ...]) -> Given:
    """The parameters that are not null. Raises a 422 for parameters that are not in `names`."""
    found = {name: value for name, value in (given or {}).items() if value is not None}
    if unknown := next((name for name in found if name not in names), None):
        raise Refused(
            WRONG_SHAPE, f"`{where}.{unknown[:100]}` is not supported: the known ones are {listed(names)}."
        )
    return found


def input_parameters(tensor: InferInput) -> Given:
    return known(f"inputs.{tensor.name[:100]}.parameters", tensor.parameters, _OF_INPUT)


def require_output_parameters(output: RequestedOutput) -> None:
    known(f"outputs.{output.name[:100]}.parameters", output.parameters, _OF_OUTPUT)
