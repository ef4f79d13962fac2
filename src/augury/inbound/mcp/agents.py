"""The requests of agents: for tools, calls and model cards."""

import json
from dataclasses import dataclass

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    ListResourcesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    TextResourceContents,
)

from augury.application.limits import Limits
from augury.application.models.ports.models import Models
from augury.application.money.ports import Balances
from augury.application.predictions.cancel_prediction import CancelPrediction
from augury.application.predictions.ports.reads import Predictions, StoredPrediction
from augury.domain.api_key import KeyScope
from augury.domain.errors import DomainError
from augury.domain.model import Model, ModelNotFound
from augury.domain.text import is_storable
from augury.inbound.mcp import arguments
from augury.inbound.mcp.answers import refused, told, with_array
from augury.inbound.mcp.arguments import InvalidArguments
from augury.inbound.mcp.caller import Caller, Context, InvalidMaxPrice
from augury.inbound.mcp.calling import Answer, Calling
from augury.inbound.mcp.ports import Views
from augury.inbound.mcp.tools import ACCOUNT, PREFIX, confirm_price, tool_of

PAGE = 50
"""Models on one page of a list."""
CARD = "augury://models/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agents:
    """Answers agents. Lives as long as the application."""

    models: Models
    predictions: Predictions
    balances: Balances
    cancel_prediction: CancelPrediction
    limits: Limits
    calling: Calling
    views: Views

    async def list_tools(self, context: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        """The tools that the caller may use: some API keys may use only some models."""
        active, cursor = await self._active(params)
        caller = _identified(context)
        tools = [tool_of(model, self.views, self.limits) for model in active if caller.may_use(model.ref)]
        if params is None or params.cursor is None:
            must_confirm = caller.max_price is not None and not caller.can_be_asked
            tools = [*ACCOUNT, *([confirm_price(self.limits)] if must_confirm else ()), *tools]
        return ListToolsResult(tools=tools, next_cursor=cursor)

    async def list_resources(self, _: Context, params: PaginatedRequestParams | None) -> ListResourcesResult:
        active, cursor = await self._active(params)
        cards = [
            Resource(
                uri=f"{CARD}{model.ref.name}",
                name=f"{model.ref.name}-card",
                title=f"Model card of {model.ref.name}",
                description="What the model was trained on, how good it is, what it takes and answers, and "
                "what it costs.",
                mime_type="application/json",
            )
            for model in active
        ]
        return ListResourcesResult(resources=cards, next_cursor=cursor)

    async def read_resource(self, _: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        """Raises `MCPError` if there is no such card."""
        place, slash, name = params.uri.rpartition("/")
        try:
            model = await self.models.get(name if place + slash == CARD else "")
            card = await self.models.card(model.ref)
        except ModelNotFound:
            raise MCPError(INVALID_PARAMS, "There is no such resource.", {"uri": params.uri}) from None
        content = {
            "name": model.ref.name,
            **self.views.model(model),
            "card": json.loads(card) if card else None,
        }
        text = TextResourceContents(
            uri=params.uri, mime_type="application/json", text=json.dumps(content, ensure_ascii=False)
        )
        return ReadResourceResult(contents=[text])

    async def _active(self, params: PaginatedRequestParams | None) -> tuple[list[Model], str | None]:
        """The active versions of a page of names, and the cursor of the next page: a name. Raises
        `MCPError`."""
        after = (params.cursor if params else None) or ""
        if not is_storable(after):
            raise MCPError(INVALID_PARAMS, "`cursor` is not the cursor of a page of this list.")
        found = await self.models.page(limit=PAGE + 1, after=after)
        names = list(dict.fromkeys(model.ref.name for model in found))
        page = set(names[:PAGE])
        active = [model for model in found if model.is_active and model.ref.name in page]
        return active, names[PAGE - 1] if len(names) > PAGE else None

    async def call_tool(self, context: Context, params: CallToolRequestParams) -> Answer:
        """Raises `MCPError` for an unknown tool."""
        try:
            return await self._called(Caller.of(context), params)
        except (InvalidArguments, InvalidMaxPrice) as error:
            return refused(str(error))
        except _NoSuchTool:
            raise MCPError(INVALID_PARAMS, f"Unknown tool: {params.name[:100]}") from None
        except DomainError as error:
            if isinstance(error, ModelNotFound) and params.name.startswith(PREFIX):
                raise MCPError(INVALID_PARAMS, f"Unknown tool: {params.name[:100]}") from None
            problem = self.views.problem(error)
            return refused(str(problem["detail"]), problem)

    async def _called(self, caller: Caller, params: CallToolRequestParams) -> Answer:
        user_id, given = caller.user_id, params.arguments
        match params.name:
            case "balance":
                caller.require(KeyScope.READ)
                arguments.nothing(given)
                balance = await self.balances.of(user_id)
                debt = {"debt": balance.debt} if balance.debt else {}
                return told({"available": balance.available, "held": balance.held, **debt})
            case "history":
                caller.require(KeyScope.READ)
                page = await self.predictions.page(user_id, limit=arguments.limit(given))
                listed = [with_array(self.views.listed(each)) for each in page.items]
                return told({"predictions": listed})
            case "read_prediction":
                caller.require(KeyScope.READ)
                wanted = arguments.prediction_id(given)
                return self.calling.result(await self.predictions.get(wanted, owner=user_id))
            case "cancel_prediction":
                caller.require(KeyScope.PREDICT)
                wanted = arguments.prediction_id(given)
                canceled = await self.cancel_prediction(user_id=user_id, prediction_id=wanted)
                return told(self.views.prediction(StoredPrediction(canceled, None)))
            case "confirm_price":
                caller.require(KeyScope.PREDICT)
                return await self.calling.confirmed(caller, params)
            case name if name.startswith(PREFIX) and "@" not in name:
                caller.require(KeyScope.PREDICT)
                return await self.calling(caller, name.removeprefix(PREFIX), params)
            case _:
                raise _NoSuchTool


class _NoSuchTool(Exception):
    pass


def _identified(context: Context) -> Caller:
    """Raises `MCPError` for a wrong header."""
    try:
        return Caller.of(context)
    except InvalidMaxPrice as error:
        raise MCPError(INVALID_PARAMS, str(error)) from None
