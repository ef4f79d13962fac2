"""API keys, which programs use in a person's name."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get, post
from litestar.params import FromPath

from augury.application.people.create_api_key import USUAL_SCOPES, CreateApiKey
from augury.application.people.delete_api_key import DeleteApiKey
from augury.application.people.ports.api_keys import ApiKeys
from augury.domain.api_key import KeyScope, SpendingLimits
from augury.domain.errors import DomainError
from augury.domain.transfer import MOST_CREDITS
from augury.inbound.web.given import choice, text_of, typed_number
from augury.inbound.web.problems import status_of
from augury.inbound.web.rendering import Answer, page, see_other
from augury.inbound.web.visitor import PageRequest, signed_in

MOST_MODEL = 128
LIFETIMES = (7, 30, 90, 365)
"""The choices of an expiry, in days. A key may also never expire."""
TYPED = ("name", "scopes", "model", "day", "month", "days")
"""The fields of a new key. After a refusal they hold what was typed."""


@get("/app/keys", guards=[signed_in], include_in_schema=False)
@inject
async def listed(request: PageRequest, api_keys: FromDishka[ApiKeys]) -> Answer:
    return await _page(request, api_keys)


@post("/app/keys", guards=[signed_in], include_in_schema=False)
@inject
async def create(
    request: PageRequest, api_keys: FromDishka[ApiKeys], create_api_key: FromDishka[CreateApiKey]
) -> Answer:
    """Show the new key once. It is not stored."""
    form, user = await request.form(), request.user.member
    name, model = str(form.get("name", "")).strip(), text_of(form.get("model"), MOST_MODEL)
    days = choice(form.get("days"), map(str, LIFETIMES))
    scope = choice(form.get("scopes"), (KeyScope.READ,))
    try:
        _, secret = await create_api_key(
            user_id=user.id,
            name=name,
            expires_in=timedelta(days=int(days)) if days else None,
            version=user.access_version,
            scopes=frozenset({scope} if scope else USUAL_SCOPES),
            models=frozenset({model}) if model else None,
            limits=SpendingLimits(day=_credits(form.get("day")), month=_credits(form.get("month"))),
        )
    except DomainError as error:
        typed = {each: str(form.get(each, "")) for each in TYPED}
        return await _page(request, api_keys, error=error, typed=typed)
    return await _page(request, api_keys, secret=secret)


@post("/app/keys/{key_id:uuid}/delete", guards=[signed_in], include_in_schema=False)
@inject
async def delete(
    request: PageRequest, key_id: FromPath[UUID], delete_api_key: FromDishka[DeleteApiKey]
) -> Answer:
    await delete_api_key(user_id=request.user.member.id, key_id=key_id)
    return see_other(request, "/app/keys")


def _credits(text: object) -> int | None:
    """The limit from the form. None if the field is empty. Raises `NotWhole`."""
    typed = typed_number(text)
    return None if typed is None else min(typed, MOST_CREDITS)


async def _page(
    request: PageRequest,
    api_keys: ApiKeys,
    *,
    secret: str = "",
    typed: Mapping[str, str] | None = None,
    error: DomainError | None = None,
) -> Answer:
    return page(
        request,
        "keys.html",
        status=200 if error is None else status_of(error),
        keys=await api_keys.of(request.user.member.id),
        lifetimes=LIFETIMES,
        secret=secret,
        typed=typed or dict.fromkeys(TYPED, ""),
        error=error,
    )


ROUTES = (listed, create, delete)
