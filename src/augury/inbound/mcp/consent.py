"""The user's consent to a price that is above a limit."""

from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)

from augury.domain.pricing import MaxPriceExceeded
from augury.inbound.counts import counted
from augury.inbound.mcp.answers import refused
from augury.inbound.mcp.caller import Caller
from augury.inbound.mcp.ports import JsonObject

CONSENT = "consent"
_MOST_DIGITS = 18


def question(
    caller: Caller, error: MaxPriceExceeded, problem: JsonObject
) -> CallToolResult | InputRequiredResult:
    """Ask the user to pay the price. If the user cannot be asked, refuse the call with a message."""
    price = counted(error.price, "credit")
    if caller.can_be_asked:
        ask = ElicitRequestFormParams(
            message=f"This call costs {price}, more than the {error.max_price} that are "
            "allowed without asking. Pay for it?",
            requested_schema={
                "type": "object",
                "properties": {CONSENT: {"type": "boolean", "title": f"Pay {price}"}},
                "required": [CONSENT],
            },
        )
        return InputRequiredResult(
            input_requests={CONSENT: ElicitRequest(params=ask)}, request_state=str(error.price)
        )
    if caller.max_price is not None and error.price > caller.max_price:
        how = (
            f"The user allows {counted(caller.max_price, 'credit')} for one call (`Augury-Max-Price` in the "
            "client's configuration). Ask the user. If they agree, call the tool `confirm_price` with the "
            f"same rows and `price` {error.price}. Otherwise send fewer rows."
        )
    else:
        how = f"If the user agrees, call again with `max_price` {error.price}."
    return refused(f"This costs {price}. Nothing was charged. {how}", problem)


def consented(params: CallToolRequestParams) -> int | CallToolResult | None:
    """The price to which the user has agreed, or a refusal if they have not. None if nobody was asked."""
    said = (params.input_responses or {}).get(CONSENT)
    if said is None:
        return None
    price = params.request_state or ""
    agreed = isinstance(said, ElicitResult) and said.action == "accept" and (said.content or {}).get(CONSENT)
    if agreed is not True:
        return refused("The user did not agree to the price. Nothing was charged.")
    if not (price.isascii() and price.isdigit() and len(price) <= _MOST_DIGITS):
        return refused("`requestState` differs from the one in the question. Nothing was charged.")
    return int(price)
