import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from asyncpg import Pool, Record
from sqlalchemy import and_, bindparam, func, insert, select, update
from typing_extensions import override

from augury.application.models.ports import Models
from augury.domain.model import (
    Feature,
    FeatureKind,
    InputSchema,
    Model,
    ModelFacts,
    ModelNotFound,
    ModelRef,
    ReadAs,
    Task,
    ValueIs,
)
from augury.domain.text import is_storable
from augury.outbound.postgres.pool import transaction
from augury.outbound.postgres.query import Query, fetch, query
from augury.outbound.postgres.tables import models

_THIS = and_(models.c.name == bindparam("the_name"), models.c.version == bindparam("the_version"))
ACTIVE = query(select(models).where(models.c.name == bindparam("the_name"), models.c.active))
VERSION = query(select(models).where(_THIS))
ALL = query(select(models).order_by(models.c.name, models.c.version))
NEXT_VERSION = query(
    select(func.coalesce(func.max(models.c.version), 0) + 1).where(models.c.name == bindparam("the_name"))
)
# All versions of the name: which of them is active changes as well.
LOCK = query(
    select(models).where(models.c.name == bindparam("the_name")).order_by(models.c.version).with_for_update()
)
STEP_BACK = query(
    update(models).where(models.c.name == bindparam("the_name"), models.c.active).values(active=False)
)
ADD = query(insert(models))
CHANGE = query(
    update(models)
    .where(_THIS)
    .values(row_price=bindparam("row_price"), active=bindparam("active"), retired=bindparam("retired"))
)


@dataclass(frozen=True, slots=True)
class PostgresModels(Models):
    """Believes for a while what it read: every request asks for a model, which hardly ever changes."""

    pool: Pool
    believed: timedelta = timedelta(0)
    """For how long; what was changed here is never believed any more."""
    _remembered: dict[str, tuple[float, Model]] = field(default_factory=dict, init=False)

    @override
    async def get(self, name: str) -> Model:
        if "@" in name:
            model = await self.version(ModelRef.parse(name))
        else:
            model = await self._look_up(name, ACTIVE, the_name=name)
        if model.retired:
            raise ModelNotFound(model=name)
        return model

    @override
    async def version(self, ref: ModelRef) -> Model:
        return await self._look_up(str(ref), VERSION, the_name=ref.name, the_version=ref.version)

    @override
    async def all(self) -> Sequence[Model]:
        return [_model_of(row) for row in await fetch(self.pool, *ALL())]

    @override
    async def add(self, model: Model) -> None:
        async with transaction(self.pool) as connection:
            if model.active:
                await connection.execute(*STEP_BACK(the_name=model.ref.name))
            await connection.execute(*ADD(**_columns(model)))
        self._remembered.clear()

    @override
    async def next_version(self, name: str) -> int:
        rows = await fetch(self.pool, *NEXT_VERSION(the_name=name))
        return int(rows[0][0])

    @override
    async def change(self, ref: ModelRef, how: Callable[[Model], Model]) -> Model:
        async with transaction(self.pool) as connection:
            versions = await connection.fetch(*LOCK(the_name=ref.name)) if is_storable(ref.name) else []
            known = [_model_of(row) for row in versions if row["version"] == ref.version]
            if not known:
                raise ModelNotFound(model=str(ref))
            model = how(known[0])
            if model.active:
                await connection.execute(*STEP_BACK(the_name=ref.name))
            await connection.execute(
                *CHANGE(
                    the_name=ref.name,
                    the_version=ref.version,
                    row_price=model.row_price,
                    active=model.active,
                    retired=model.retired,
                )
            )
        self._remembered.clear()
        return model

    async def _look_up(self, key: str, by: Query, **values: object) -> Model:
        now = time.monotonic()
        read_at, model = self._remembered.get(key, (0.0, None))
        if model is not None and now - read_at < self.believed.total_seconds():
            return model
        rows = await fetch(self.pool, *by(**values)) if is_storable(key) else []
        if not rows:
            raise ModelNotFound(model=key)
        model = _model_of(rows[0])
        self._remembered[key] = (now, model)  # no more keys than there are models
        return model


def _model_of(row: Record) -> Model:
    facts = json.loads(row["facts"])
    return Model(
        ref=ModelRef(row["name"], row["version"]),
        facts=ModelFacts(
            task=Task(facts["task"]),
            schema=InputSchema(
                tuple(
                    Feature(feature["name"], FeatureKind(feature["kind"]), tuple(feature["values"]))
                    for feature in facts["features"]
                )
            ),
            classes=tuple(facts["classes"]),
            metrics=facts["metrics"],
            **_value_of(facts),
        ),
        sha256=row["sha256"],
        row_price=row["row_price"],
        active=row["active"],
        retired=row["retired"],
        created_at=row["created_at"],
    )


def _value_of(facts: dict[str, Any]) -> dict[str, Any]:
    """What facts that were stored before Augury asked for it do not have."""
    value_is, read_as = facts.get("value_is"), facts.get("read_as")
    return {
        "threshold": facts.get("threshold"),
        "value_is": ValueIs(value_is) if value_is else None,
        "alpha": facts.get("alpha"),
        "read_as": ReadAs(read_as) if read_as else None,
    }


def _columns(model: Model) -> dict[str, object]:
    facts = {
        "task": model.facts.task,
        "features": [
            {"name": feature.name, "kind": feature.kind, "values": feature.values}
            for feature in model.facts.schema.features
        ],
        "classes": model.facts.classes,
        "metrics": dict(model.facts.metrics),
        "threshold": model.facts.threshold,
        "value_is": model.facts.value_is,
        "alpha": model.facts.alpha,
        "read_as": model.facts.read_as,
    }
    return {
        "name": model.ref.name,
        "version": model.ref.version,
        "facts": json.dumps(facts, ensure_ascii=False),
        "sha256": model.sha256,
        "row_price": model.row_price,
        "active": model.active,
        "retired": model.retired,
        "created_at": model.created_at,
    }
