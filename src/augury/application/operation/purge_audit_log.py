from dataclasses import dataclass

from augury.application.limits import Limits
from augury.application.operation.ports import AuditLog


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeAuditLog:
    """Delete the entries of the audit log that are older than the retention."""

    audit_log: AuditLog
    limits: Limits

    async def __call__(self) -> int:
        """Returns the number of deleted entries."""
        return await self.audit_log.purge(keep=self.limits.keep_audit)
