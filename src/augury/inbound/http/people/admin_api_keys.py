"""The administrator's routes for a user's API keys."""

from uuid import UUID

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import delete, get
from litestar.params import FromPath

from augury.application.people.delete_api_key import DeleteApiKey
from augury.application.people.ports.api_keys import ApiKeys
from augury.application.people.ports.users import Users
from augury.domain.api_key import ApiKeyNotFound
from augury.domain.identifiers import UserId
from augury.domain.user import UserNotFound
from augury.inbound.http.callers.authors import author_of
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.people.api_key_views import ApiKeyList, ApiKeyView
from augury.inbound.http.problems.described import documented


@get(
    "/admin/users/{user_id:uuid}/api-keys",
    summary="List a user's API keys",
    description="The user's API keys, newest first, without the keys themselves.",
    responses=documented(401, 403, 404, refusals=[UserNotFound()]),
)
@inject
async def list_keys_of_user(
    user_id: FromPath[UUID], users: FromDishka[Users], api_keys: FromDishka[ApiKeys]
) -> ApiKeyList:
    user = await users.get(UserId(user_id))
    return ApiKeyList([ApiKeyView.of(key) for key in await api_keys.of(user.id)])


@delete(
    "/admin/users/{user_id:uuid}/api-keys/{key_id:uuid}",
    summary="Revoke a user's API key",
    description="Delete an API key of a user. It stops working at once in this process, and in others within "
    "`AUGURY_IDENTITY_CACHE`.",
    responses=documented(401, 403, 404, refusals=[ApiKeyNotFound()]),
)
@inject
async def revoke_key(
    request: SignedIn,
    user_id: FromPath[UUID],
    key_id: FromPath[UUID],
    delete_api_key: FromDishka[DeleteApiKey],
) -> None:
    await delete_api_key(user_id=UserId(user_id), key_id=key_id, author=author_of(request))


ROUTES = (list_keys_of_user, revoke_key)
