"""Calls of a model's tool. Each call is a prediction: its credits are held, then captured or released."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    InputRequiredResult,
)

from augury.application.ports import Json, Unavailable
from augury.application.predictions.cancel_prediction import CancelPrediction
from augury.application.predictions.ports.reads import StoredPrediction
from augury.application.predictions.requests import Replayed
from augury.application.predictions.submit_prediction import Submission, SubmitPrediction
from augury.application.predictions.wait_for_prediction import WaitForPrediction
from augury.domain.errors import DomainError
from augury.domain.identifiers import UserId
from augury.domain.prediction import Prediction, Status
from augury.domain.pricing import MaxPriceExceeded
from augury.inbound.counts import counted
from augury.inbound.mcp.answers import refused, told, with_array
from augury.inbound.mcp.arguments import PredictArguments
from augury.inbound.mcp.caller import Caller
from augury.inbound.mcp.consent import consented, question
from augury.inbound.mcp.ports import JsonObject, Views
from augury.inbound.mcp.tasks import task_of

Answer: TypeAlias = CallToolResult | InputRequiredResult | JsonObject
"""A result, a question to the user, or a task."""
Accepted: TypeAlias = Prediction | Replayed


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """Runs models for agents. Lives as long as the application."""

    submit_prediction: SubmitPrediction
    wait: WaitForPrediction
    cancel_prediction: CancelPrediction
    views: Views
    task_after: timedelta
    max_wait: timedelta
    withdrawn: set[asyncio.Task[None]] = field(default_factory=set)
    """Running cancellations. They outlive the calls that ended."""

    async def __call__(self, caller: Caller, model: str, params: CallToolRequestParams) -> Answer:
        """Raises `InvalidArguments`."""
        arguments = PredictArguments.of(params.arguments)
        return await self._called(caller, model, params, arguments, caller.most(arguments.max_price))

    async def confirmed(self, caller: Caller, params: CallToolRequestParams) -> Answer:
        """Run a call that was refused for its price, at the price that the user has accepted. The agent says
        so; a user who can be asked directly is asked nevertheless. Raises `InvalidArguments`."""
        model, arguments = PredictArguments.confirmed(params.arguments)
        most = caller.most(arguments.max_price) if caller.can_be_asked else arguments.max_price
        return await self._called(caller, model, params, arguments, most)

    async def _called(
        self,
        caller: Caller,
        model: str,
        params: CallToolRequestParams,
        arguments: PredictArguments,
        most: int | None,
    ) -> Answer:
        agreed = consented(params)
        if isinstance(agreed, CallToolResult):
            return agreed
        most = most if agreed is None else agreed
        submission = self._submission(caller, model, arguments, most)
        try:
            return await self._run(caller, submission)
        except MaxPriceExceeded as error:
            return question(caller, error, self.views.problem(error))

    def _submission(
        self, caller: Caller, model: str, arguments: PredictArguments, max_price: int | None
    ) -> Submission:
        key = None
        if arguments.key is not None:
            # The accepted price is not part of the request: otherwise a consent would make it a different
            # request.
            key = self.views.make_key(arguments.key, arguments.text, model, None, arguments.rows)
        return Submission(
            user_id=caller.user_id,
            data=arguments.rows,
            input=Json(arguments.text),
            model=model,
            key=key,
            max_price=max_price,
            trace=caller.trace,
            terms=caller.terms,
        )

    async def _run(self, caller: Caller, submission: Submission) -> Answer:
        """Submit, and wait. If the call is canceled, the prediction is canceled, too, unless it has
        started."""
        accepting = asyncio.ensure_future(self.submit_prediction(submission))
        try:
            accepted = await asyncio.shield(accepting)
            stored = await self._ended(accepted, caller)
        except asyncio.CancelledError:
            withdrawing = asyncio.create_task(self._withdraw(caller.user_id, accepting))
            self.withdrawn.add(withdrawing)
            withdrawing.add_done_callback(self.withdrawn.discard)
            raise
        if caller.knows_tasks and not stored.prediction.status.is_final:
            return task_of(stored, self.views)
        return self.result(stored)

    async def _ended(self, accepted: Accepted, caller: Caller) -> StoredPrediction:
        seconds = min(self.task_after, self.max_wait) if caller.knows_tasks else self.max_wait
        if isinstance(accepted, Replayed):
            return await self.wait(
                user_id=caller.user_id,
                prediction_id=accepted.prediction_id,
                seconds=seconds.total_seconds(),
            )
        try:
            return await self.wait.for_accepted(accepted, seconds=seconds.total_seconds())
        except Unavailable:  # it was accepted and is being paid: name it in any case
            return StoredPrediction(accepted, None)

    async def _withdraw(self, user_id: UserId, accepting: "asyncio.Future[Accepted]") -> None:
        """Cancel the prediction that this call has submitted, but not one that an earlier call with the same
        key has submitted."""
        with suppress(DomainError, Unavailable):
            accepted = await accepting
            if isinstance(accepted, Prediction):
                await self.cancel_prediction(user_id=user_id, prediction_id=accepted.id)

    def result(self, stored: StoredPrediction) -> CallToolResult:
        """The prediction as a tool's result. A failed one is an error that the agent can read."""
        view = self.views.prediction(stored)
        match stored.prediction.status:
            case Status.SUCCEEDED if stored.large_output:
                return told(
                    view | {"note": f"The output has {stored.large_output:,} bytes: {_elsewhere(view)}"}
                )
            case Status.SUCCEEDED:
                return told(with_array(view))
            case Status.QUEUED | Status.PROCESSING:
                return told(view | {"note": "Not final yet. Call `read_prediction` with this id later."})
            case status:
                return refused(
                    f"The prediction is {status}. It cost {counted(view['charged'], 'credit')}.", view
                )


def _elsewhere(view: JsonObject) -> str:
    return f"read it with `GET {view['urls']['self']}`."
