"""The audit log: what operators did, to whom, and what changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from augury.domain.identifiers import UserId

Value: TypeAlias = str | int | float | bool | None
Values: TypeAlias = Mapping[str, Value]
"""What was so before an act, or is so after it. It holds no personal data: no addresses, no names of
people."""


class Action(StrEnum):
    """The kinds of acts. Each is recorded once, in the transaction that does it."""

    TOP_UP = "credits.top_up"
    TAKE_BACK = "credits.take_back"
    REFUND = "credits.refund"
    REFUND_PAYMENT = "payment.refund"
    CREATE_USER = "user.create"
    CHANGE_ROLE = "user.role"
    SET_PASSWORD = "user.password"  # noqa: S105  # the name of an act
    BLOCK = "user.block"
    UNBLOCK = "user.unblock"
    CHANGE_SHARE = "user.share"
    REVOKE_KEY = "api_key.revoke"
    CREATE_PROMO_CODE = "promo_code.create"
    CHANGE_PROMO_CODE = "promo_code.change"
    UPLOAD_MODEL = "model.upload"
    ADD_MODEL = "model.add"
    CHANGE_MODEL = "model.change"
    START_CANARY = "model.canary"
    PROMOTE_MODEL = "model.promote"
    ROLL_BACK_MODEL = "model.roll_back"
    DESCRIBE_MODEL = "model.describe"
    SET_CONFIDENCE = "model.confidence"
    REPLAY = "dead_letters.replay"
    DROP = "dead_letters.drop"
    CHECK_LEDGER = "ledger.check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act of an operator, as it is to be recorded."""

    author: "Author"
    action: Action
    subject: str
    """What was acted on: `user:<id>`, `prediction:<id>`, `model:<name>@<version>`, `promo_code:<code>`,
    `queue`, …"""
    user_id: UserId | None = None
    """The user whom it concerns, if there is one."""
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who acts: an administrator by their account, or a person at the command line by the system's name."""

    user_id: UserId | None = None
    system_user: str | None = None
    request_id: str
    """The request, or the run of a command, in which it happens."""

    @property
    def actor(self) -> str:
        """The account's id, or the system user."""
        return str(self.user_id or self.system_user)


@dataclass(frozen=True, slots=True)
class Entry:
    """An act as it was recorded. Ids sort by time."""

    id: UUID
    at: datetime
    act: Act


def act_of(
    author: Author | None,
    action: Action,
    subject: str,
    *,
    user_id: UserId | None = None,
    before: Values | None = None,
    after: Values | None = None,
) -> Act | None:
    """The act as it is to be recorded. None without an author: then a user acts on their own things."""
    if author is None:
        return None
    return Act(
        author=author,
        action=action,
        subject=subject,
        user_id=user_id,
        before=before or {},
        after=after or {},
    )


def act_on_user(
    author: Author | None,
    action: Action,
    user_id: UserId,
    *,
    before: Values | None = None,
    after: Values | None = None,
) -> Act | None:
    """An act whose subject is a user. None without an author."""
    return act_of(author, action, f"user:{user_id}", user_id=user_id, before=before, after=after)
