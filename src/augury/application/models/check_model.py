"""Open an uploaded model file, and add it as a version or refuse it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from augury.application.limits import Limits
from augury.application.models.offering import Offering, Prices, Registered, completed
from augury.application.models.ports.models import Models, ModelStore, ModelUnavailable
from augury.application.models.ports.uploads import ModelInspector, ModelUploads
from augury.application.ports import Clock, Unavailable
from augury.domain.answer_meaning import ValueIs
from augury.domain.errors import DomainError
from augury.domain.model import ModelRefused
from augury.domain.model_texts import UnfitForModel
from augury.domain.model_upload import CheckStage, ModelUpload
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason

MOST_ATTEMPTS = 3
"""A file is refused after this many workers have died during its check."""
PAUSE = timedelta(seconds=10)
"""The pause before a check is repeated after a dependency was unavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckModel:
    """Check the oldest unchecked model file, and add it as a version or refuse it."""

    models: Models
    uploads: ModelUploads
    store: ModelStore
    inspector: ModelInspector
    clock: Clock
    limits: Limits

    async def __call__(self) -> ModelUpload | None:
        """The upload after the check, or None if there is nothing to check.

        If this process ends during the check, another one takes the upload after the lease. If a dependency
        is unavailable, hands the upload back and raises `Unavailable`.
        """
        upload = await self.uploads.take(lease=self.limits.lease)
        if upload is None:
            return None
        if upload.attempts > MOST_ATTEMPTS:
            done = upload.refuse(Reason.of(ReasonCode.CHECKER_ENDED, count=MOST_ATTEMPTS))
            await self.uploads.record(done)
            return done
        try:
            done = await self._checked(upload)
        except (Unavailable, asyncio.CancelledError):
            await self.uploads.hand_back(upload, pause=PAUSE)
            raise
        await self.uploads.record(done)
        return done

    async def _checked(self, upload: ModelUpload) -> ModelUpload:
        try:
            async with self._kept(upload, CheckStage.COPYING):
                file = await self.store.path(upload.sha256)
            async with self._kept(upload, CheckStage.OPENING):
                found = await self.inspector.inspect(file)
            terms = upload.terms
            made = await Offering(models=self.models, clock=self.clock).offer(
                upload.ref.name,
                upload.sha256,
                found,
                partial(completed, read_as=terms.read_as),
                Prices(terms.row_price, terms.text_price),
                activate=terms.activate,
                reserved=upload.ref,
            )
        except (ModelRefused, UnfitForModel) as refusal:
            return upload.refuse(refusal.reason)
        except (ModelUnavailable, DomainError) as refusal:
            return upload.refuse(Reason.written(str(refusal)))
        return upload.accept(_remark(made))

    @asynccontextmanager
    async def _kept(self, upload: ModelUpload, stage: CheckStage) -> AsyncIterator[None]:
        """Renew the lease while the block runs."""
        lease = self.limits.lease
        await self.uploads.keep(upload, stage, lease=lease)

        async def keep() -> None:
            while True:
                await asyncio.sleep(lease.total_seconds() / 3)
                with suppress(Unavailable):  # the next renewal may still be in time
                    await self.uploads.keep(upload, stage, lease=lease)

        keeping = asyncio.create_task(keep())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)


def _remark(made: Registered) -> Reason | None:
    """A remark for the operator about the new version."""
    remarks = [Reason.of(ReasonCode.NOT_ACTIVE, made.differences)] if made.differences else []
    remarks += [Reason.of(ReasonCode.IGNORED_CATEGORIES, name=name) for name in made.ignored]
    facts = made.model.facts
    if facts.value_is is ValueIs.UNKNOWN and facts.read_as is None:
        remarks.append(Reason.of(ReasonCode.UNKNOWN_LOSS))
    if len(remarks) > 1:
        return Reason.of(ReasonCode.REMARKS, remarks)
    return remarks[0] if remarks else None
