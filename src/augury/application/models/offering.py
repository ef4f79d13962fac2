"""Add a file as the next version of its name. The use cases that register a file and that check one share
this."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from augury.application.models.acts import act_on, values_of
from augury.application.models.ports.models import Models
from augury.application.ports import Clock
from augury.application.retrying import retried
from augury.domain.answer_meaning import ReadAs, ValueIs
from augury.domain.audit import Action, Author, act_of
from augury.domain.model import Model, ModelRef, ModelRefused, ModelState
from augury.domain.model_facts import ModelFacts
from augury.domain.model_texts import UnfitForModel
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.rollout import active_in, version_in

FIRST_ROW_PRICE = 1
"""Credits per row for the first version of a name, if no price is given."""


Categories: TypeAlias = Mapping[str, Sequence[str]]
"""The values that categorical features were trained on, by the features' names."""


@dataclass(frozen=True, slots=True)
class Registered:
    """The result of registering a file."""

    model: Model
    is_new: bool
    """Whether this is a new version. If not, the name already had the same file as this version."""
    ignored: Sequence[str] = ()
    """Features for which the file has categories, but which are not categorical features of the model."""
    differences: Sequence[Reason] = ()
    """Why it was not made active, or is not: the changes that users of the active version would have to make,
    in words."""


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices from the operator. None means the price of the previous version."""

    row: int | None
    text: int | None

    def over(self, before: Model | None) -> tuple[int, int]:
        """The prices of a row and of a kilobyte of text."""
        row, text = (before.row_price, before.text_price) if before else (FIRST_ROW_PRICE, 0)
        return row if self.row is None else self.row, text if self.text is None else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """Adds an inspected file as a new version."""

    models: Models
    clock: Clock
    author: Author | None = None
    """The operator who adds it, or None for a worker that has checked a file."""

    async def offer(
        self,
        name: str,
        sha256: str,
        found: ModelFacts,
        complete: Callable[[ModelFacts], ModelFacts],
        prices: Prices,
        *,
        activate: bool,
        reserved: ModelRef | None = None,
    ) -> Registered:
        """`complete` adds the facts from the operator. `reserved` is the version that the file must become.

        Raises `InvalidModelName`, `InvalidAmount`, `ModelRefused` if the file has meanwhile become another
        version than `reserved`, and the errors of `complete`.
        """
        facts = complete(found)

        async def register() -> Registered:
            versions = await self.models.versions(name)
            same = [each.ref for each in versions if each.sha256 == sha256]
            if same:
                ref = reserved or same[-1]
                if ref not in same:
                    raise ModelRefused(reason=Reason.of(ReasonCode.SAME_FILE, model=str(same[-1])))
                return await self._again(
                    ref, lambda old: complete(found.remembering(old)), prices, activate=activate
                )
            ref = reserved or ModelRef(name, await self.models.last_version(name) + 1)
            return await self._next(ref, versions, facts, sha256, prices, activate=activate)

        return replace(await retried(register), ignored=found.ignored)

    async def _again(
        self, ref: ModelRef, learn: Callable[[ModelFacts], ModelFacts], given: Prices, *, activate: bool
    ) -> Registered:
        """A worker that ended before it could report the version may have added it a moment ago. So the
        differences are found again."""
        differences: Sequence[Reason] = ()

        def told(versions: Sequence[Model]) -> Model:
            nonlocal differences
            model, active = version_in(versions, ref), active_in(versions)
            row_price, text_price = given.over(model)
            facts = learn(model.facts)
            if activate and active is not None and model.state is ModelState.READY:
                differences = facts.differences(active.facts)
            return replace(model, facts=facts, row_price=row_price, text_price=text_price)

        act = act_on(self.author, Action.ADD_MODEL)
        model = await self.models.change_among(ref.name, told, act=act)
        return Registered(model, is_new=False, differences=differences)

    async def _next(
        self,
        ref: ModelRef,
        versions: Sequence[Model],
        facts: ModelFacts,
        sha256: str,
        given: Prices,
        *,
        activate: bool,
    ) -> Registered:
        before = active_in(versions) or (versions[-1] if versions else None)
        if before is not None:
            facts = facts.inheriting(before.facts)
        row_price, text_price = given.over(before)
        differences = facts.differences(before.facts) if before is not None and before.is_active else ()
        model = Model(
            ref=ref,
            facts=facts,
            sha256=sha256,
            row_price=row_price,
            text_price=text_price,
            explain_price=before.explain_price if before else None,
            state=ModelState.ACTIVE if activate and not differences else ModelState.READY,
            created_at=self.clock.now(),
        )
        act = act_of(
            self.author, Action.ADD_MODEL, f"model:{ref}", after={**values_of(model), "sha256": sha256}
        )
        await self.models.add(model, beside=versions, act=act)
        return Registered(model, is_new=True, differences=differences if activate else ())


def completed(
    facts: ModelFacts, *, categories: Categories | None = None, read_as: ReadAs | None = None
) -> ModelFacts:
    """Raises `UnfitForModel` if a given fact does not apply to the file, or is in the file."""
    if read_as and facts.value_is is not ValueIs.UNKNOWN:
        known = facts.value_is or facts.task
        raise UnfitForModel(reason=Reason.of(ReasonCode.ALREADY_READ, value=known))
    return replace(facts.knowing(categories or {}), read_as=read_as or facts.read_as, ignored=())
