"""Canaries, promotions and rollbacks, and what was counted of versions."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from augury.application.models.change_model import ChangeModel
from augury.application.models.describe_model import DescribeModel
from augury.application.models.offering import Offering, Prices
from augury.application.models.promote_model import PromoteModel
from augury.application.models.roll_back_model import RollBackModel
from augury.application.models.set_confidence import SetConfidence
from augury.application.models.start_canary import StartCanary
from augury.domain.feature import Feature, FeatureKind
from augury.domain.identifiers import UserId, uuid7
from augury.domain.model import (
    InvalidShare,
    ModelNotFound,
    ModelRef,
    ModelState,
    NothingToRollBack,
    WrongModelState,
)
from augury.domain.model_texts import ModelTexts, UnfitForModel
from augury.domain.rollout import place_of
from augury.domain.usage import BOUNDS, Usage
from augury.outbound.system_clock import SystemClock
from tests.adapters import Adapters
from tests.hexagon import a_model

OLD, NEW, NEWEST = (ModelRef("tone", version) for version in (1, 2, 3))
HOUR = timedelta(hours=1)


@pytest.fixture
async def rolling(empty: Adapters) -> Adapters:
    """Three versions of `tone`, of which the first is active."""
    for version in (3, 2, 1):
        await empty.models.add(a_model("tone", version, active=version == 1))
    return empty


async def states(adapters: Adapters) -> list[str]:
    return [model.state for model in await adapters.models.versions("tone")]


def a_user(*, within: float) -> UserId:
    return next(user for user in (UserId(uuid7()) for _ in range(10_000)) if place_of(user, "tone") < within)


def a_user_outside(share: float) -> UserId:
    users = (UserId(uuid7()) for _ in range(10_000))
    return next(user for user in users if place_of(user, "tone") >= share)


async def test_a_canary_serves_its_share_of_the_users_and_nobody_else(rolling: Adapters) -> None:
    started = await StartCanary(models=rolling.models)(ref=NEW, share=0.1)

    assert (started.state, started.share) == (ModelState.CANARY, 0.1)
    assert await rolling.models.version(NEW) == started
    assert await states(rolling) == ["active", "canary", "ready"]
    assert (await rolling.models.get("tone", user_id=a_user(within=0.1))).ref == NEW
    assert (await rolling.models.get("tone", user_id=a_user_outside(0.1))).ref == OLD
    assert (await rolling.models.get("tone")).ref == OLD
    assert (await rolling.models.get("tone@1", user_id=a_user(within=0.1))).ref == OLD
    assert (await rolling.models.get("tone@2", user_id=a_user_outside(0.1))).ref == NEW


async def test_a_share_can_be_changed_and_a_name_has_one_canary(rolling: Adapters) -> None:
    start = StartCanary(models=rolling.models)
    await start(ref=NEW, share=0.1)
    assert (await start(ref=NEW, share=0.5)).share == 0.5

    await start(ref=NEWEST, share=0.2)

    assert await states(rolling) == ["active", "ready", "canary"]
    assert (await rolling.models.version(NEW)).share is None
    assert (await rolling.models.get("tone", user_id=a_user(within=0.2))).ref == NEWEST


async def test_a_promoted_canary_serves_everybody_and_a_rollback_brings_the_old_version_back(
    rolling: Adapters,
) -> None:
    await StartCanary(models=rolling.models)(ref=NEW, share=0.5)

    promoted = await PromoteModel(models=rolling.models)(NEW)

    assert (promoted.state, promoted.share, promoted.replaced) == (ModelState.ACTIVE, None, 1)
    assert await states(rolling) == ["ready", "active", "ready"]
    assert (await rolling.models.get("tone", user_id=a_user_outside(0.5))).ref == NEW
    assert await PromoteModel(models=rolling.models)(NEW) == promoted

    back = await RollBackModel(models=rolling.models)(NEW)

    assert (back.ref, back.is_active, back.replaced) == (OLD, True, None)
    assert await states(rolling) == ["active", "ready", "ready"]


async def test_rollbacks_go_back_step_by_step_and_not_to_and_fro(rolling: Adapters) -> None:
    for ref in (NEW, NEWEST):
        await ChangeModel(models=rolling.models)(ref=ref, state=ModelState.ACTIVE)
    roll_back = RollBackModel(models=rolling.models)

    assert (await roll_back(NEWEST)).ref == NEW
    assert (await roll_back(NEW)).ref == OLD
    with pytest.raises(NothingToRollBack):
        await roll_back(OLD)


async def test_a_rollback_of_a_canary_ends_it(rolling: Adapters) -> None:
    await StartCanary(models=rolling.models)(ref=NEW, share=0.5)

    assert (await RollBackModel(models=rolling.models)(NEW)).ref == OLD
    assert await states(rolling) == ["active", "ready", "ready"]


async def test_a_rollback_to_a_retired_version_is_refused(rolling: Adapters) -> None:
    change = ChangeModel(models=rolling.models)
    await change(ref=NEW, state=ModelState.ACTIVE)
    await change(ref=OLD, state=ModelState.RETIRED)

    with pytest.raises(NothingToRollBack):
        await RollBackModel(models=rolling.models)(NEW)
    assert await states(rolling) == ["retired", "active", "ready"]


async def test_activating_another_version_or_retiring_it_ends_a_canary(rolling: Adapters) -> None:
    start, change = StartCanary(models=rolling.models), ChangeModel(models=rolling.models)
    await start(ref=NEW, share=0.5)
    await change(ref=NEWEST, state=ModelState.ACTIVE)
    assert await states(rolling) == ["ready", "ready", "active"]

    await start(ref=NEW, share=0.5)
    await change(ref=NEW, state=ModelState.RETIRED)
    assert await states(rolling) == ["ready", "retired", "active"]
    assert (await rolling.models.get("tone", user_id=a_user(within=0.5))).ref == NEWEST


async def test_a_new_active_version_ends_a_canary(rolling: Adapters) -> None:
    await StartCanary(models=rolling.models)(ref=NEW, share=0.5)

    await rolling.models.add(a_model("tone", 4))

    assert await states(rolling) == ["ready", "ready", "ready", "active"]
    assert (await rolling.models.version(ModelRef("tone", 4))).replaced == 1


async def test_a_change_of_the_active_version_leaves_its_canary(rolling: Adapters) -> None:
    models = rolling.models
    canary = await StartCanary(models=models)(ref=NEW, share=0.25)

    await ChangeModel(models=models)(ref=OLD, row_price=7)
    await DescribeModel(models=models)(ref=OLD, texts=ModelTexts(description={"en": "Tone"}))
    await SetConfidence(models=models)(ref=OLD, unsure_below=0.6)
    await PromoteModel(models=models)(OLD)
    await ChangeModel(models=models)(ref=OLD, state=ModelState.ACTIVE)

    assert await models.version(NEW) == canary
    assert await states(rolling) == ["active", "canary", "ready"]


async def test_a_canary_without_an_active_version_can_be_ended(rolling: Adapters) -> None:
    await StartCanary(models=rolling.models)(ref=NEW, share=0.5)
    await ChangeModel(models=rolling.models)(ref=OLD, state=ModelState.RETIRED)

    ended = await RollBackModel(models=rolling.models)(NEW)

    assert (ended.ref, ended.state) == (NEW, ModelState.READY)
    assert await states(rolling) == ["retired", "ready", "ready"]


def overtake(
    monkeypatch: pytest.MonkeyPatch, adapters: Adapters, method: str, first: Callable[[], Awaitable[Any]]
) -> None:
    """The next call of this method is overtaken by `first`, which another process commits before the call
    has a lock."""
    kind = type(adapters.models)
    original = getattr(kind, method)

    async def overtaken(self: Any, *values: Any, **named: Any) -> Any:
        monkeypatch.setattr(kind, method, original)
        await first()
        return await original(self, *values, **named)

    monkeypatch.setattr(kind, method, overtaken)


async def test_a_rollback_does_not_undo_a_promotion_that_overtakes_it(
    rolling: Adapters, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ChangeModel(models=rolling.models)(ref=NEW, state=ModelState.ACTIVE)
    await StartCanary(models=rolling.models)(ref=NEWEST, share=0.5)
    overtake(monkeypatch, rolling, "change_among", lambda: PromoteModel(models=rolling.models)(NEWEST))

    with pytest.raises(WrongModelState):
        await RollBackModel(models=rolling.models)(NEW)

    assert await states(rolling) == ["ready", "ready", "active"]


async def test_either_a_promotion_or_a_rollback_succeeds(rolling: Adapters) -> None:
    change, start = ChangeModel(models=rolling.models), StartCanary(models=rolling.models)
    for _ in range(10):
        await change(ref=OLD, state=ModelState.ACTIVE)
        await change(ref=NEW, state=ModelState.ACTIVE)
        await start(ref=NEWEST, share=0.5)

        ended = await asyncio.gather(
            PromoteModel(models=rolling.models)(NEWEST),
            RollBackModel(models=rolling.models)(NEW),
            return_exceptions=True,
        )

        refused = [each for each in ended if isinstance(each, BaseException)]
        assert [type(each) for each in refused] == [WrongModelState]


async def test_a_canary_is_compared_with_the_version_that_is_active_now(
    rolling: Adapters, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = a_model("tone", 4, active=False, features=[Feature("age", FeatureKind.NUMERIC)])
    await rolling.models.add(other)
    activate = partial(ChangeModel(models=rolling.models), ref=other.ref, state=ModelState.ACTIVE)
    overtake(monkeypatch, rolling, "change_among", activate)

    with pytest.raises(UnfitForModel) as refused:
        await StartCanary(models=rolling.models)(ref=NEW, share=0.1)

    assert str(refused.value.reason).startswith("it cannot be a canary of tone@4")
    assert await states(rolling) == ["ready", "ready", "ready", "active"]


async def test_a_canary_starts_beside_a_version_that_is_being_added(rolling: Adapters) -> None:
    start = StartCanary(models=rolling.models)
    for version in range(4, 12):
        added, started = await asyncio.gather(
            rolling.models.add(a_model("tone", version)), start(ref=NEW, share=0.1), return_exceptions=True
        )

        assert added is None
        assert not isinstance(started, BaseException)


async def test_a_new_version_is_compared_with_the_version_that_is_active_now(
    rolling: Adapters, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = a_model("tone", 4, active=False, row_price=9, features=[Feature("age", FeatureKind.NUMERIC)])
    await rolling.models.add(other)
    activate = partial(ChangeModel(models=rolling.models), ref=other.ref, state=ModelState.ACTIVE)
    overtake(monkeypatch, rolling, "add", activate)

    made = await Offering(models=rolling.models, clock=SystemClock()).offer(
        "tone", "c" * 64, a_model().facts, lambda facts: facts, Prices(None, None), activate=True
    )

    assert (made.model.state, made.model.row_price) == (ModelState.READY, 9)
    assert [str(each) for each in made.differences] == ["it needs text", "it does not take age"]
    assert await states(rolling) == ["ready", "ready", "ready", "active", "ready"]


async def test_a_canary_keeps_its_share_when_its_price_changes(rolling: Adapters) -> None:
    await StartCanary(models=rolling.models)(ref=NEW, share=0.25)

    changed = await ChangeModel(models=rolling.models)(ref=NEW, row_price=7)

    assert (changed.state, changed.share, changed.row_price) == (ModelState.CANARY, 0.25, 7)
    assert await rolling.models.version(NEW) == changed


async def test_what_cannot_be_a_canary_is_refused(rolling: Adapters) -> None:
    start, change = StartCanary(models=rolling.models), ChangeModel(models=rolling.models)
    other = replace(a_model("tone", 4, active=False, features=[Feature("age", FeatureKind.NUMERIC)]))
    await rolling.models.add(other)
    for share in (0.0, 0.005, 0.51, 1.0):
        with pytest.raises(InvalidShare):
            await start(ref=NEW, share=share)
    with pytest.raises(UnfitForModel) as refused:
        await start(ref=other.ref, share=0.1)
    assert str(refused.value.reason).startswith("it cannot be a canary of tone@1, because it needs age")
    with pytest.raises(WrongModelState):
        await start(ref=OLD, share=0.1)
    with pytest.raises(ModelNotFound):
        await start(ref=ModelRef("tone", 9), share=0.1)
    with pytest.raises(ModelNotFound):
        await start(ref=ModelRef("nobody", 1), share=0.1)
    with pytest.raises(WrongModelState):
        await PromoteModel(models=rolling.models)(NEW)
    with pytest.raises(WrongModelState):
        await RollBackModel(models=rolling.models)(NEW)
    await change(ref=OLD, state=ModelState.RETIRED)
    with pytest.raises(UnfitForModel):
        await start(ref=NEW, share=0.1)
    assert await states(rolling) == ["retired", "ready", "ready", "ready"]


async def test_a_name_has_one_active_version_whoever_promotes_and_rolls_back_at_once(
    rolling: Adapters,
) -> None:
    for _ in range(5):
        await StartCanary(models=rolling.models)(ref=NEW, share=0.5)
        await asyncio.gather(
            PromoteModel(models=rolling.models)(NEW),
            RollBackModel(models=rolling.models)(NEW),
            ChangeModel(models=rolling.models)(ref=OLD, row_price=3),
            return_exceptions=True,
        )
        assert (await states(rolling)).count("active") == 1
        await ChangeModel(models=rolling.models)(ref=OLD, state=ModelState.ACTIVE)


def some_usage(predictions: int = 1, **labels: int) -> Usage:
    durations = [0] * (len(BOUNDS) + 1)
    durations[3] = predictions
    return Usage(
        succeeded=predictions,
        failed=1,
        rows=predictions + 1,
        invalid_rows=1,
        seconds=0.25,
        durations=tuple(durations),
        labels=labels,
        value_count=2,
        value_sum=0.5,
        value_squares=0.25,
    )


async def test_counts_add_up_whoever_adds_them_at_once(empty: Adapters) -> None:
    counted = {OLD: some_usage(2, да=2, no=1), NEW: some_usage(3, no=3)}

    await asyncio.gather(*(empty.version_counts.add(counted) for _ in range(4)))

    found = await empty.version_counts.read("tone", within=HOUR)
    assert set(found) == {OLD, NEW}
    assert found[OLD] == some_usage(2, да=2, no=1) + some_usage(2, да=2, no=1) + some_usage(
        2, да=2, no=1
    ) + some_usage(2, да=2, no=1)
    assert await empty.version_counts.read("nobody", within=HOUR) == {}
    assert await empty.version_counts.read("a\x00b", within=HOUR) == {}


async def test_old_counts_are_not_read_and_then_deleted(empty: Adapters) -> None:
    await empty.version_counts.add({OLD: some_usage(1, no=1)})
    await empty.pass_time(2 * HOUR)
    assert await empty.version_counts.read("tone", within=HOUR) == {}
    assert (await empty.version_counts.read("tone", within=3 * HOUR))[OLD].succeeded == 1

    await empty.pass_time(timedelta(days=9))
    await empty.upkeep.purge()

    assert await empty.version_counts.read("tone", within=timedelta(days=30)) == {}


async def test_counts_of_versions_are_read_by_steps(empty: Adapters) -> None:
    for _ in range(2):
        await empty.version_counts.add(
            {OLD: some_usage(2, yes=2), NEW: some_usage(3, no=3), NEWEST: some_usage()}
        )

    found = await empty.version_counts.by_step(
        [OLD, NEW, ModelRef("nobody", 1)], within=HOUR, step=timedelta(minutes=20)
    )

    totals = await empty.version_counts.read("tone", within=HOUR)
    assert {ref: steps.total for ref, steps in found.items()} == {OLD: totals[OLD], NEW: totals[NEW]}
    assert found[NEW].total.labels == {"no": 6}
    for steps in found.values():
        assert sum(steps.by_time.values(), Usage()) == replace(steps.total, labels={})
        assert all(at.timestamp() % 1_200 == 0 for at in steps.by_time)
    assert await empty.version_counts.by_step([], within=HOUR, step=HOUR) == {}
