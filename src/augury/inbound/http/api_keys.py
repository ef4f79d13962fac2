"""API keys, with which programs act for their owner."""

from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import post
from litestar.params import FromPath, JSONBody

from augury.application.people.create_api_key import MOST_NAME_CHARACTERS, CreateApiKey
from augury.application.people.delete_api_key import DeleteApiKey
from augury.application.people.ports import ApiKey, ApiKeys
from augury.domain.user import ApiKeyNotFound, NotByApiKey, TooManyApiKeys, UserNotFound
from augury.inbound.http.body import JsonBody
from augury.inbound.http.identity import InPerson, SignedIn, in_person
from augury.inbound.http.member_routes import member_delete, member_get
from augury.inbound.http.openapi import BEARER
from augury.inbound.http.problems import documented

TAGS = ["Account"]
_MOST_EXPIRES_IN = 10 * 365 * 86_400


class NewApiKey(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_NAME_CHARACTERS, examples=["my script"])]
    expires_in: (
        Annotated[
            int,
            msgspec.Meta(ge=1, le=_MOST_EXPIRES_IN, description="Seconds until it expires. Default: never."),
        ]
        | None
    ) = None


class ApiKeyView(msgspec.Struct, frozen=True):
    """A key in a list. `hint` is its beginning."""

    id: UUID
    name: str
    hint: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        return cls(key.id, key.name, key.hint, key.created_at, key.expires_at, key.last_used_at)


class CreatedApiKey(ApiKeyView, frozen=True):
    """A new key. `key` is shown only once."""

    key: str


class ApiKeyList(msgspec.Struct, frozen=True):
    items: list[ApiKeyView]


@post(
    "/users/me/api-keys",
    dto=JsonBody[NewApiKey],
    return_dto=None,
    guards=[in_person],
    security=BEARER,
    tags=TAGS,
    summary="Make an API key",
    description=CreateApiKey.__doc__,
    responses=documented(
        401, 403, 404, 409, 413, 415, 422, refusals=[NotByApiKey(), UserNotFound(), TooManyApiKeys(most=20)]
    ),
)
@inject
async def create(
    request: InPerson, data: JSONBody[NewApiKey], create_api_key: FromDishka[CreateApiKey]
) -> CreatedApiKey:
    expires_in = None if data.expires_in is None else timedelta(seconds=data.expires_in)
    key, secret = await create_api_key(
        user_id=request.user, name=data.name, expires_in=expires_in, version=request.auth
    )
    return CreatedApiKey(key.id, key.name, key.hint, key.created_at, key.expires_at, key.last_used_at, secret)


@member_get(
    "/users/me/api-keys",
    tags=TAGS,
    summary="List your API keys",
    description="Your API keys, newest first, without the keys themselves.",
    responses=documented(401),
)
@inject
async def list_keys(request: SignedIn, api_keys: FromDishka[ApiKeys]) -> ApiKeyList:
    return ApiKeyList([ApiKeyView.of(key) for key in await api_keys.of(request.user)])


@member_delete(
    "/users/me/api-keys/{key_id:uuid}",
    tags=TAGS,
    summary="Delete an API key",
    description=DeleteApiKey.__doc__,
    responses=documented(401, 404, refusals=[ApiKeyNotFound()]),
)
@inject
async def remove(request: SignedIn, key_id: FromPath[UUID], delete_api_key: FromDishka[DeleteApiKey]) -> None:
    await delete_api_key(user_id=request.user, key_id=key_id)


ROUTES = (create, list_keys, remove)
