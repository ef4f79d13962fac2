"""Decide on the requests of one flight: hold their prices, record them, and queue them."""

from collections.abc import Sequence
from dataclasses import dataclass

from augury.application.limits import Limits
from augury.application.ports import Clock, Conflict, Unavailable
from augury.application.ports.books import Opened
from augury.application.ports.counters import Counters
from augury.application.predictions.backlog import Backlog
from augury.application.predictions.decisions import Decisions
from augury.application.predictions.known_balances import KnownBalances
from augury.application.predictions.ports.acceptance import Acceptance
from augury.application.predictions.ports.queue import PredictionQueue
from augury.application.predictions.requests import Decision, Request
from augury.application.retrying import retried
from augury.application.webhooks.limit_events import LimitEvents

MOST_ROUNDS = 10
"""How often a request is decided upon, at most, while others spend from the same balance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPredictions:
    """Accept the requests of one flight in one transaction, each for its price, and queue them."""

    acceptance: Acceptance
    known: KnownBalances
    queue: PredictionQueue
    clock: Clock
    limits: Limits
    backlog: Backlog
    counters: Counters
    limit_events: LimitEvents

    async def __call__(self, requests: Sequence[Request]) -> list[Decision]:
        """The answers are in the order of `requests`. A refusal affects only its own request.

        No lock is held while it is decided. If a balance has changed in a way that matters, only its user's
        requests are decided again.
        """
        self.counters.submitted(len(requests))
        answers: dict[int, Decision] = {}
        left: Sequence[int] = range(len(requests))
        for number in range(MOST_ROUNDS):
            try:
                decided = await self._decided([requests[each] for each in left], fresh=number > 0)
            except Unavailable as error:
                if not answers:
                    raise
                decided = [error] * len(left)  # the others are accepted, and must get their answers
            answers.update((each, answer) for each, answer in zip(left, decided, strict=True) if answer)
            left = [each for each in left if each not in answers]
            if not left:
                break
        crowded = Conflict("others spend from the same balance all the time")
        return [answers.get(each, crowded) for each in range(len(requests))]

    async def _decided(self, requests: Sequence[Request], *, fresh: bool) -> list[Decision | None]:
        """One answer for each request, None for those that must be decided again. `fresh` reads all balances,
        also known ones."""
        decisions, answers = await retried(lambda: self._decide(requests, fresh=fresh))
        for lane, ids in decisions.ids_by_lane().items():
            self.queue.put(ids, traces=decisions.traces, lane=lane, costs=decisions.small_costs)
        for request, refusal in decisions.reached:
            self.counters.refused(f"spending_{refusal.period}")
            if request.spender is not None:
                await self.limit_events.reached(request.user_id, request.spender.id, refusal)
        self.counters.accepted([accepted.prediction for accepted in decisions.accepted])
        return answers

    async def _decide(
        self, requests: Sequence[Request], *, fresh: bool
    ) -> tuple[Decisions, list[Decision | None]]:
        user_ids = {request.user_id for request in requests}
        keys = {(request.user_id, request.key.key) for request in requests if request.key}
        spenders = {each.spender.id for each in requests if each.spender} if fresh else ()
        known = {} if fresh else self.known.of(user_ids)
        opened = Opened({}, {})
        if keys or len(known) < len(user_ids):
            opened = await self.acceptance.read(user_ids - known.keys(), keys, spenders)
        decisions = Decisions(opened, known, self.limits, self.backlog, self.clock.now())
        answers: list[Decision | None] = [decisions.answer(request) for request in requests]
        if decisions.accepted:
            recorded = await self.acceptance.accept(
                decisions.accepted, decisions.transfers, decisions.premises(), decisions.spending()
            )
            self.known.note(recorded)
            if lost := decisions.keep(recorded.keys()):
                asked = zip(requests, answers, strict=True)
                answers = [None if request.user_id in lost else answer for request, answer in asked]
        return decisions, answers
