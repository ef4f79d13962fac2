"""API keys as the API takes and shows them."""

from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

import msgspec

from augury.application.people.change_api_key import KeyChange
from augury.application.people.key_names import MOST_NAME_CHARACTERS
from augury.application.people.ports.api_keys import ApiKey
from augury.domain.api_key import NO_LIMITS, KeyScope, Spending, SpendingLimits
from augury.domain.transfer import MOST_CREDITS

_MOST_EXPIRES_IN = 10 * 365 * 86_400
_MOST_MODELS = 100

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_NAME_CHARACTERS, examples=["my script"])]
Credits = Annotated[int, msgspec.Meta(ge=0, le=MOST_CREDITS)]
ModelName = Annotated[
    str, msgspec.Meta(max_length=128, pattern=r"^[a-z0-9][a-z0-9_-]*(@[0-9]+)?$", examples=["tone", "tone@1"])
]
ListedModels = Annotated[
    list[ModelName],
    msgspec.Meta(
        min_length=1,
        max_length=_MOST_MODELS,
        description="The models that the key may use: `name` (all versions) or `name@version`. null: all "
        "models.",
    ),
]


class LimitsView(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The most credits that the key may spend in a UTC day and in a UTC month. null: no limit. Credits that
    are held for unfinished predictions count; released credits do not."""

    day: Credits | None = None
    month: Credits | None = None

    def limits(self) -> SpendingLimits:
        return SpendingLimits(self.day, self.month)

    @classmethod
    def of(cls, limits: SpendingLimits) -> Self | None:
        return cls(limits.day, limits.month) if limits else None


class SpentView(msgspec.Struct, frozen=True):
    """The credits that the key has spent today and this month (UTC)."""

    day: int
    month: int

    @classmethod
    def of(cls, spending: Spending) -> Self:
        return cls(spending.day, spending.month)


class NewApiKey(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    expires_in: (
        Annotated[
            int,
            msgspec.Meta(ge=1, le=_MOST_EXPIRES_IN, description="Seconds until it expires. Default: never."),
        ]
        | None
    ) = None
    scopes: (
        Annotated[
            list[KeyScope],
            msgspec.Meta(
                min_length=1,
                max_length=len(KeyScope),
                description="The rights of the key: `read` (every GET), `predict` (submit, cancel, delete), "
                "`admin` (`/admin/…`, for an administrator's key only). Default: `predict` and `read`.",
            ),
        ]
        | None
    ) = None
    models: ListedModels | None = None
    limits: LimitsView | None = None


class ApiKeyChange(msgspec.Struct, forbid_unknown_fields=True):
    """The members to change. Members that are left out stay as they are."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    expires_in: (
        Annotated[
            int,
            msgspec.Meta(
                ge=1,
                le=_MOST_EXPIRES_IN,
                description="Seconds from now until the key expires. It can only expire earlier than before.",
            ),
        ]
        | msgspec.UnsetType
    ) = msgspec.UNSET
    models: ListedModels | msgspec.UnsetType | None = msgspec.UNSET
    limits: LimitsView | msgspec.UnsetType | None = msgspec.UNSET

    def change(self) -> KeyChange:
        name, expires_in, models, limits = self.name, self.expires_in, self.models, self.limits
        return KeyChange(
            name=None if name is msgspec.UNSET else name,
            expires_in=None if expires_in is msgspec.UNSET else timedelta(seconds=expires_in),
            models=None if models is msgspec.UNSET else (models_of(models),),
            limits=None if limits is msgspec.UNSET else limits_of(limits),
        )


class ApiKeyView(msgspec.Struct, frozen=True):
    """A key in a list. `hint` is its beginning. `spent` is null for a key without limits."""

    id: UUID
    name: str
    hint: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    scopes: list[KeyScope]
    models: list[str] | None
    limits: LimitsView | None
    spent: SpentView | None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        return cls(
            key.id,
            key.name,
            key.hint,
            key.created_at,
            key.expires_at,
            key.last_used_at,
            sorted(key.scopes),
            None if key.models is None else sorted(key.models),
            LimitsView.of(key.limits),
            SpentView.of(key.spending) if key.limits else None,
        )


class CreatedApiKey(ApiKeyView, frozen=True):
    """A new key. `key` is shown only once."""

    key: str


class ApiKeyList(msgspec.Struct, frozen=True):
    items: list[ApiKeyView]


def models_of(models: list[str] | None) -> frozenset[str] | None:
    return None if models is None else frozenset(models)


def limits_of(limits: LimitsView | None) -> SpendingLimits:
    return NO_LIMITS if limits is None else limits.limits()
