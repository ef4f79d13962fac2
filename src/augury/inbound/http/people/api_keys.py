"""API keys, with which programs act for their owner."""

from datetime import timedelta
from uuid import UUID

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import patch, post
from litestar.params import FromPath, JSONBody

from augury.application.people.change_api_key import ChangeApiKey
from augury.application.people.create_api_key import USUAL_SCOPES, CreateApiKey
from augury.application.people.delete_api_key import DeleteApiKey
from augury.application.people.ports.api_keys import ApiKeys
from augury.domain.api_key import ApiKeyNotFound, ExpiryNotShortened, NotByApiKey, TooManyApiKeys
from augury.domain.user import UserNotFound
from augury.inbound.http.callers.identity import InPerson, SignedIn, in_person, key_of
from augury.inbound.http.callers.member_routes import member_delete, member_get
from augury.inbound.http.description.openapi import BEARER
from augury.inbound.http.people.api_key_views import (
    ApiKeyChange,
    ApiKeyList,
    ApiKeyView,
    CreatedApiKey,
    NewApiKey,
    limits_of,
    models_of,
)
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.body import JsonBody

TAGS = ["Account"]


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
    key, secret = await create_api_key(
        user_id=request.user,
        name=data.name,
        expires_in=None if data.expires_in is None else timedelta(seconds=data.expires_in),
        version=request.auth,
        scopes=USUAL_SCOPES if data.scopes is None else frozenset(data.scopes),
        models=models_of(data.models),
        limits=limits_of(data.limits),
    )
    return CreatedApiKey(**msgspec.structs.asdict(ApiKeyView.of(key)), key=secret)


@member_get(
    "/users/me/api-keys",
    tags=TAGS,
    summary="List your API keys",
    description="Your API keys, newest first, without the keys themselves.",
    responses=documented(401, 403),
)
@inject
async def list_keys(request: SignedIn, api_keys: FromDishka[ApiKeys]) -> ApiKeyList:
    return ApiKeyList([ApiKeyView.of(key) for key in await api_keys.of(request.user)])


@patch(
    "/users/me/api-keys/{key_id:uuid}",
    dto=JsonBody[ApiKeyChange],
    return_dto=None,
    guards=[in_person],
    security=BEARER,
    tags=TAGS,
    summary="Change an API key",
    description=ChangeApiKey.__doc__,
    responses=documented(
        401, 403, 404, 413, 415, 422, refusals=[NotByApiKey(), ApiKeyNotFound(), ExpiryNotShortened()]
    ),
)
@inject
async def change(
    request: InPerson,
    key_id: FromPath[UUID],
    data: JSONBody[ApiKeyChange],
    change_api_key: FromDishka[ChangeApiKey],
) -> ApiKeyView:
    return ApiKeyView.of(await change_api_key(user_id=request.user, key_id=key_id, change=data.change()))


@member_delete(
    "/users/me/api-keys/{key_id:uuid}",
    tags=TAGS,
    summary="Delete an API key",
    description=DeleteApiKey.__doc__,
    responses=documented(401, 403, 404, refusals=[NotByApiKey(), ApiKeyNotFound()]),
)
@inject
async def remove(request: SignedIn, key_id: FromPath[UUID], delete_api_key: FromDishka[DeleteApiKey]) -> None:
    terms = key_of(request.scope)
    await delete_api_key(user_id=request.user, key_id=key_id, by_key=terms.id if terms else None)


ROUTES = (create, list_keys, change, remove)
