"""Registering, signing in and out."""

from typing import Annotated

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.params import JSONBody

from augury.application.people.change_password import ChangePassword
from augury.application.people.ports.credentials import AccessTokens
from augury.application.people.refresh_tokens import RefreshTokens
from augury.application.people.register_user import RegisterUser
from augury.application.people.sign_in import SignIn
from augury.application.people.sign_out import SignOut
from augury.application.people.tokens import Tokens
from augury.domain.api_key import NotByApiKey
from augury.domain.email_address import EmailTaken
from augury.domain.password import InvalidPassword
from augury.inbound.http.callers.identity import Identity, InPerson, in_person
from augury.inbound.http.description.openapi import BEARER
from augury.inbound.http.people.credentials import Credentials, CredentialsBody, Email, Password
from augury.inbound.http.people.users import UserView
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.body import JsonBody

TAGS = ["Sign-in"]
Public = Request[None, None, State]
Secret = Annotated[str, msgspec.Meta(max_length=512)]


class Registration(msgspec.Struct, forbid_unknown_fields=True):
    email: Email
    password: Annotated[str, msgspec.Meta(description="8 to 256 characters.", examples=["correct horse"])]


class RefreshRequest(msgspec.Struct, forbid_unknown_fields=True):
    refresh_token: Secret


class PasswordChange(msgspec.Struct, forbid_unknown_fields=True):
    current_password: Password
    new_password: Annotated[str, msgspec.Meta(description="8 to 256 characters.")]
    end_api_keys: Annotated[
        bool, msgspec.Meta(description="Also delete your API keys. Otherwise they keep working.")
    ] = False


class TokenView(msgspec.Struct, frozen=True):
    """A short-lived access token, and a refresh token, which can be exchanged once for the next pair."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str


@post(
    "/auth/register",
    dto=JsonBody[Registration],
    return_dto=None,
    tags=TAGS,
    summary="Register",
    description=RegisterUser.__doc__,
    responses=documented(409, 413, 415, 422, 429, refusals=[EmailTaken(), InvalidPassword()]),
)
@inject
async def register(
    request: Public, data: JSONBody[Registration], register_user: FromDishka[RegisterUser]
) -> UserView:
    user = await register_user(email=data.email, password=data.password, address=_address(request))
    return UserView.of(user)


@post(
    "/auth/token",
    status_code=200,
    dto=CredentialsBody,
    return_dto=None,
    tags=TAGS,
    summary="Sign in",
    # In words, because a common generator of Python clients makes broken code from two body types.
    description=f"{SignIn.__doc__} The form of OAuth2's password grant also works "
    "(`application/x-www-form-urlencoded`: `grant_type=password`, `username`, `password`).",
    responses=documented(401, 413, 415, 422, 429),
)
@inject
async def token(
    request: Public,
    data: JSONBody[Credentials],
    sign_in: FromDishka[SignIn],
    access: FromDishka[AccessTokens],
) -> Response[TokenView]:
    tokens = await sign_in(email=data.email, password=data.password, address=_address(request))
    return _answer(tokens, access)


@post(
    "/auth/refresh",
    status_code=200,
    dto=JsonBody[RefreshRequest],
    return_dto=None,
    tags=TAGS,
    summary="Refresh the tokens",
    description=RefreshTokens.__doc__,
    responses=documented(401, 413, 415, 422),
)
@inject
async def refresh(
    data: JSONBody[RefreshRequest],
    refresh_tokens: FromDishka[RefreshTokens],
    access: FromDishka[AccessTokens],
) -> Response[TokenView]:
    return _answer(await refresh_tokens(refresh=data.refresh_token), access)


@post(
    "/auth/logout",
    status_code=204,
    dto=JsonBody[RefreshRequest],
    return_dto=None,
    tags=TAGS,
    summary="Sign out",
    description=SignOut.__doc__,
    responses=documented(413, 415, 422),
)
@inject
async def logout(data: JSONBody[RefreshRequest], sign_out: FromDishka[SignOut]) -> None:
    await sign_out(refresh=data.refresh_token)


@post(
    "/auth/password",
    status_code=204,
    dto=JsonBody[PasswordChange],
    return_dto=None,
    guards=[in_person],
    security=BEARER,
    tags=TAGS,
    summary="Change the password",
    description=ChangePassword.__doc__,
    responses=documented(401, 403, 413, 415, 422, 429, refusals=[NotByApiKey()]),
)
@inject
async def password(
    request: InPerson, data: JSONBody[PasswordChange], change_password: FromDishka[ChangePassword]
) -> None:
    await change_password(
        user_id=request.user,
        current=data.current_password,
        new=data.new_password,
        end_api_keys=data.end_api_keys,
    )


def _answer(tokens: Tokens, access: AccessTokens) -> Response[TokenView]:
    view = TokenView(tokens.access, "bearer", int(access.lifetime.total_seconds()), tokens.refresh)
    return Response(view, headers={"Cache-Control": "no-store"})


def _address(request: Public) -> str:
    identity: Identity = request.app.state.identity
    return identity.tries_mark(request.scope)


ROUTES = (register, token, refresh, logout, password)
