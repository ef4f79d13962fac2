"""The extension `io.modelcontextprotocol/tasks`: a prediction that is not final is a task with the same
id."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolResult, RequestParams

from augury.application.predictions.cancel_prediction import CancelPrediction
from augury.application.predictions.ports.reads import Predictions, StoredPrediction
from augury.domain.api_key import KeyScope, ScopeMissing
from augury.domain.prediction import PredictionNotFound, Status, WrongStatus
from augury.inbound.counts import counted
from augury.inbound.mcp import arguments
from augury.inbound.mcp.caller import Caller, Context, InvalidMaxPrice
from augury.inbound.mcp.ports import JsonObject, Views

POLL_MS = 1_000
"""Milliseconds after which a client asks again."""


class TaskParams(RequestParams):
    task_id: str


class UpdateParams(TaskParams):
    input_responses: dict[str, Any] = {}  # noqa: RUF012  # pydantic copies it


def task_of(stored: StoredPrediction, views: Views) -> JsonObject:
    """The task that answers a call in place of its result."""
    return {"resultType": "task", **_task(stored, views)}


def _task(stored: StoredPrediction, views: Views) -> JsonObject:
    view = views.prediction(stored)
    return {
        "taskId": view["id"],
        "status": _status(stored.prediction.status),
        "statusMessage": f"Prediction: {view['status']}. Price: {counted(view['price'], 'credit')}.",
        "createdAt": view["created_at"],
        "lastUpdatedAt": view["finished_at"] or view["started_at"] or view["created_at"],
        "ttlMs": None,
        "pollIntervalMs": POLL_MS,
    }


def _status(status: Status) -> str:
    match status:
        case Status.QUEUED | Status.PROCESSING:
            return "working"
        case Status.CANCELED:
            return "cancelled"
        case _:  # also if it failed or expired: the tool has run, and its result has the reason
            return "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    predictions: Predictions
    cancel_prediction: CancelPrediction
    views: Views
    result: Callable[[StoredPrediction], CallToolResult]

    async def get(self, context: Context, params: TaskParams) -> JsonObject:
        """The task, with the call's result once it has one. Raises `MCPError` for an unknown id."""
        stored = await self._stored(context, params, KeyScope.READ)
        task = _task(stored, self.views)
        if task["status"] == "completed":
            result = self.result(stored).model_dump(by_alias=True, mode="json", exclude_none=True)
            task["result"] = result
        return task

    async def update(self, context: Context, params: UpdateParams) -> JsonObject:
        """Answer that no question is open: consent is asked before a task begins."""
        await self._stored(context, params, KeyScope.PREDICT)
        return {}

    async def cancel(self, context: Context, params: TaskParams) -> JsonObject:
        """Cancel the prediction. If it has started, it continues and is charged."""
        prediction = (await self._stored(context, params, KeyScope.PREDICT)).prediction
        with suppress(WrongStatus):
            await self.cancel_prediction(user_id=prediction.user_id, prediction_id=prediction.id)
        return {}

    async def _stored(self, context: Context, params: TaskParams, needs: KeyScope) -> StoredPrediction:
        """Raises `MCPError` for an unknown task, and for an API key without the right."""
        try:
            caller = Caller.of(context)
            caller.require(needs)
            wanted = arguments.prediction_id({"prediction_id": params.task_id})
            return await self.predictions.get(wanted, owner=caller.user_id)
        except (arguments.InvalidArguments, PredictionNotFound):
            raise MCPError(INVALID_PARAMS, "There is no such task.") from None
        except InvalidMaxPrice as error:
            raise MCPError(INVALID_PARAMS, str(error)) from None
        except ScopeMissing as error:
            raise MCPError(INVALID_PARAMS, str(self.views.problem(error)["detail"])) from None
