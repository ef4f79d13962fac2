from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from asyncpg import Pool
from typing_extensions import override

from augury.application.models.ports.models import ActOnModel, Models
from augury.application.ports import Conflict
from augury.concurrency.shared_reads import SharedReads
from augury.domain.audit import Act
from augury.domain.identifiers import UserId
from augury.domain.model import Model, ModelNotFound, ModelRef, ModelState
from augury.domain.rollout import Offer, active_in, are_still, stepping_back, version_in
from augury.domain.speed import Speed
from augury.domain.text import is_storable
from augury.outbound.postgres import locks
from augury.outbound.postgres.audit_log import note
from augury.outbound.postgres.model_rows import (
    COLUMNS,
    columns_of,
    facts_column,
    model_of,
    speed_of,
    state_column,
)
from augury.outbound.postgres.pool import Connection, transaction
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.webhook_outbox import tell_version

READ = f"{COLUMNS}, speed_squares, speed_products"
"""All columns except the computed ones, which only older releases read.

A canary is stored as `ready` with a share. Processes of the previous release, which do not know canaries,
serve it as `ready`.
"""

OFFERED = f"""
SELECT {READ} FROM models WHERE name = $1 AND state = 'active'
UNION ALL
SELECT {READ} FROM models WHERE name = $1 AND state = 'ready' AND canary_share IS NOT NULL
"""

VERSION = f"SELECT {READ} FROM models WHERE name = $1 AND version = $2"

ALL = f"SELECT {READ} FROM models ORDER BY name, version"

PAGE = f"""
SELECT {READ} FROM models
WHERE state <> 'retired' AND name IN (
    SELECT DISTINCT name FROM models WHERE state <> 'retired' AND name > $1 ORDER BY name LIMIT $2
)
ORDER BY name, version
"""

VERSIONS = f"SELECT {READ} FROM models WHERE name = $1 ORDER BY version"

LOCK = f"{VERSIONS} FOR UPDATE"
"""Locks all versions of the name, because the active one may have to step back. It does not see a version
that is added while it waits for a lock, so it comes after the lock `NAMING_MODEL`."""

STEP_BACK = """
UPDATE models SET state = 'ready', canary_share = NULL WHERE name = $1 AND version = ANY ($2::int[])
"""

ADD = f"INSERT INTO models ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"

LAST = """
SELECT greatest(
    (SELECT max(version) FROM models WHERE name = $1),
    (SELECT max(version) FROM model_uploads WHERE name = $1)
)
"""

IS_RESERVED = """
SELECT EXISTS (SELECT FROM model_uploads WHERE name = $1 AND version = $2 AND sha256 <> $3)
"""

CARD = "SELECT card FROM models WHERE name = $1 AND version = $2"

PUT_CARD = "UPDATE models SET card = $3 WHERE name = $1 AND version = $2"

CHANGE = """
UPDATE models SET row_price = $3, text_price = $4, state = $5, facts = $6, canary_share = $7, replaced = $8,
    explain_price = $9
WHERE name = $1 AND version = $2
"""

LOCK_SPEEDS = """
SELECT name, version, speed_squares, speed_products FROM models
WHERE (name, version) IN (
    SELECT name, version FROM unnest($1::text[], $2::int[]) AS asked (name, version)
) ORDER BY name, version FOR UPDATE
"""

PUT_SPEED = "UPDATE models SET speed_squares = $3, speed_products = $4 WHERE name = $1 AND version = $2"


class PostgresModels(Models):
    """Caches models for a while, because every request needs one and they rarely change."""

    def __init__(self, pool: Pool, believed: timedelta = timedelta(0)) -> None:
        """`believed` is how long a cached model is used. A change through this object clears the cache."""
        self._pool = pool
        self._cached: SharedReads[str, Model] = SharedReads(lifetime=believed)
        self._offers: SharedReads[str, Offer] = SharedReads(lifetime=believed)

    @override
    async def get(self, name: str, *, user_id: UserId | None = None) -> Model:
        if "@" not in name:
            return (await self._offers.get(name, lambda: self._offer(name))).of(user_id)
        model = await self.version(ModelRef.parse(name))
        if not model.serves:
            raise ModelNotFound(model=name)
        return model

    async def _offer(self, name: str) -> Offer:
        rows = await fetch(self._pool, OFFERED, name) if is_storable(name) else []
        by_state = {model.state: model for model in map(model_of, rows)}
        if ModelState.ACTIVE not in by_state:
            raise ModelNotFound(model=name)
        return Offer(by_state[ModelState.ACTIVE], by_state.get(ModelState.CANARY))

    @override
    async def version(self, ref: ModelRef) -> Model:
        return await self._look_up(str(ref), VERSION, ref.name, ref.version)

    @override
    async def all(self) -> Sequence[Model]:
        return [model_of(row) for row in await fetch(self._pool, ALL)]

    @override
    async def page(self, *, limit: int, after: str = "") -> Sequence[Model]:
        return [model_of(row) for row in await fetch(self._pool, PAGE, after, limit)]

    @override
    async def add(
        self, model: Model, *, beside: Sequence[Model] | None = None, act: Act | None = None
    ) -> None:
        ref = model.ref
        async with transaction(self._pool) as connection:
            await connection.execute(locks.WAIT, locks.NAMING_MODEL)
            if await connection.fetchval(IS_RESERVED, ref.name, ref.version, model.sha256):
                raise Conflict(f"{ref} is to become another file")
            versions = [model_of(row) for row in await connection.fetch(LOCK, ref.name)]
            if beside is not None and not are_still(beside, versions):
                raise Conflict(f"the versions of {ref.name} have changed")
            if model.is_active:
                active = active_in(versions)
                model = model.after(active)
                await _step_back(connection, model, versions)
                await tell_version(connection, ref, active.ref if active else None)
            await connection.execute(ADD, *columns_of(model))
            await _put_card(connection, model)
            await note(connection, act)
        self._forget()

    @override
    async def last_version(self, name: str) -> int:
        rows = await fetch(self._pool, LAST, name) if is_storable(name) else []
        return (rows[0][0] if rows else None) or 0

    @override
    async def versions(self, name: str) -> Sequence[Model]:
        rows = await fetch(self._pool, VERSIONS, name) if is_storable(name) else []
        return [model_of(row) for row in rows]

    @override
    async def card(self, ref: ModelRef) -> str | None:
        rows = await fetch(self._pool, CARD, ref.name, ref.version) if is_storable(ref.name) else []
        if not rows:
            raise ModelNotFound(model=str(ref))
        card: str | None = rows[0]["card"]
        return card

    @override
    async def change_among(
        self, name: str, how: Callable[[Sequence[Model]], Model], *, act: ActOnModel | None = None
    ) -> Model:
        async with transaction(self._pool) as connection:
            await connection.execute(locks.WAIT, locks.NAMING_MODEL)
            rows = await connection.fetch(LOCK, name) if is_storable(name) else []
            versions = [model_of(row) for row in rows]
            model = how(versions)
            ref, before, active = model.ref, version_in(versions, model.ref), active_in(versions)
            if model.is_active:
                model = model.after(active)
                if active is None or active.ref != ref:
                    await tell_version(connection, ref, active.ref if active else None)
            await _step_back(connection, model, versions)
            await connection.execute(
                CHANGE,
                *(
                    ref.name,
                    ref.version,
                    model.row_price,
                    model.text_price,
                    state_column(model),
                    facts_column(model),
                ),
                *(model.share, model.replaced, model.explain_price),
            )
            await _put_card(connection, model)
            await note(connection, act(before, model) if act else None)
        self._forget()
        return model

    @override
    async def measured(self, speeds: Mapping[ModelRef, Speed]) -> None:
        async with transaction(self._pool) as connection:
            names, versions = [ref.name for ref in speeds], [ref.version for ref in speeds]
            for row in await connection.fetch(LOCK_SPEEDS, names, versions):
                speed = speed_of(row).then(speeds[ModelRef(row["name"], row["version"])])
                await connection.execute(
                    PUT_SPEED, row["name"], row["version"], speed.squares, speed.products
                )

    def _forget(self) -> None:
        self._cached.clear()
        self._offers.clear()

    async def _look_up(self, key: str, sql: str, *values: object) -> Model:
        async def read() -> Model:
            rows = await fetch(self._pool, sql, *values) if is_storable(key) else []
            if not rows:
                raise ModelNotFound(model=key)
            return model_of(rows[0])

        return await self._cached.get(key, read)


async def _step_back(connection: Connection, model: Model, versions: Sequence[Model]) -> None:
    if others := stepping_back(model, versions):
        await connection.execute(STEP_BACK, model.ref.name, [each.ref.version for each in others])


async def _put_card(connection: Connection, model: Model) -> None:
    if (card := model.facts.card) is not None:
        await connection.execute(PUT_CARD, model.ref.name, model.ref.version, card)
