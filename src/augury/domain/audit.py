"""The audit log: the acts of operators, with their subjects and changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from augury.domain.identifiers import UserId

Value: TypeAlias = str | int | float | bool | None
Values: TypeAlias = Mapping[str, Value]
"""A value before or after an act. It holds no personal data: no addresses, no names of people."""


class Action(StrEnum):
    """The kinds of acts. Each act is recorded once, in its own transaction."""

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
    TRAIN_MODEL = "model.train"
    CANCEL_TRAINING = "model.train_cancel"
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
    """One act of an operator, to be recorded."""

    author: "Author"
    action: Action
    subject: str
    """The subject: `user:<id>`, `prediction:<id>`, `model:<name>@<version>`, `promo_code:<code>`, `queue`,
    …"""
    user_id: UserId | None = None
    """The user whom the act concerns, if there is one."""
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """The actor: an administrator with an account, or the system user at the command line."""

    user_id: UserId | None = None
    system_user: str | None = None
    request_id: str
    """The id of the request, or of the run of a command."""

    @property
    def actor(self) -> str:
        """The account's id, or the system user."""
        return str(self.user_id or self.system_user)


@dataclass(frozen=True, slots=True)
class Entry:
    """A recorded act. Ids sort by time."""

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
    """The act to record. None without an author: then a user acts on their own things."""
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
