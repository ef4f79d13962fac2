"""Registering, signing in and out."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, Schema
from litestar.params import JSONBody
from typing_extensions import override

from augury.application.change_password import ChangePassword
from augury.application.identity_ports import AccessTokens
from augury.application.refresh_tokens import RefreshTokens
from augury.application.register_user import RegisterUser
from augury.application.sign_in import SignIn
from augury.application.sign_out import SignOut
from augury.application.tokens import Tokens
from augury.domain.user import MOST_EMAIL_CHARACTERS, MOST_PASSWORD_CHARACTERS
from augury.inbound.http.body import JsonBody
from augury.inbound.http.identity import Identity, SignedIn, signed_in
from augury.inbound.http.openapi import BEARER
from augury.inbound.http.problems import WRONG_SHAPE, FieldProblem, Refused, documented
from augury.inbound.http.users import UserView

TAGS = ["Sign-in"]
FORM = "application/x-www-form-urlencoded"
Public = Request[None, None, State]
Email = Annotated[str, msgspec.Meta(max_length=MOST_EMAIL_CHARACTERS, examples=["ada@example.com"])]
Password = Annotated[str, msgspec.Meta(max_length=MOST_PASSWORD_CHARACTERS)]
"""Its least length is checked where it is chosen."""
Secret = Annotated[str, msgspec.Meta(max_length=512)]


class Registration(msgspec.Struct, forbid_unknown_fields=True):
    email: Email
    password: Annotated[str, msgspec.Meta(description="8 to 256 characters.", examples=["correct horse"])]


class Credentials(msgspec.Struct, forbid_unknown_fields=True):
    email: Email
    password: Password


class RefreshRequest(msgspec.Struct, forbid_unknown_fields=True):
    refresh_token: Secret


class PasswordChange(msgspec.Struct, forbid_unknown_fields=True):
    current_password: Password
    new_password: Annotated[str, msgspec.Meta(description="8 to 256 characters.")]


class TokenView(msgspec.Struct, frozen=True):
    """A short-lived access token, and a refresh token that buys the next pair, once."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str


class CredentialsBody(JsonBody[Credentials]):
    """JSON, or the form of OAuth2's password grant (RFC 6749, section 4.3.2)."""

    @override
    def decode_bytes(self, value: bytes) -> Any:
        content_type = self.asgi_connection.headers.get("content-type", "")
        if content_type.partition(";")[0].strip().lower() == FORM:
            return _of_form(value)
        return super().decode_bytes(value)


@dataclass
class CredentialsOperation(Operation):
    """Documents the form beside the JSON."""

    def __post_init__(self) -> None:
        text = Schema(type=OpenAPIType.STRING)
        body: Any = self.request_body
        body.content[FORM] = OpenAPIMediaType(
            schema=Schema(
                type=OpenAPIType.OBJECT,
                properties={
                    "grant_type": Schema(type=OpenAPIType.STRING, const="password"),
                    "username": text,
                    "password": text,
                },
                required=["grant_type", "username", "password"],
            )
        )


@post(
    "/auth/register",
    dto=JsonBody[Registration],
    return_dto=None,
    tags=TAGS,
    summary="Register",
    description=RegisterUser.__doc__,
    responses=documented(409, 413, 415, 422, 429),
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
    description=SignIn.__doc__,
    operation_class=CredentialsOperation,
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
    guards=[signed_in],
    security=BEARER,
    tags=TAGS,
    summary="Change the password",
    description=ChangePassword.__doc__,
    responses=documented(401, 413, 415, 422),
)
@inject
async def password(
    request: SignedIn, data: JSONBody[PasswordChange], change_password: FromDishka[ChangePassword]
) -> None:
    await change_password(user_id=request.user, current=data.current_password, new=data.new_password)


def _answer(tokens: Tokens, access: AccessTokens) -> Response[TokenView]:
    view = TokenView(tokens.access, "bearer", int(access.lifetime.total_seconds()), tokens.refresh)
    return Response(view, headers={"Cache-Control": "no-store"})


def _of_form(body: bytes) -> Credentials:
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise Refused(WRONG_SHAPE, "The form has too many fields.") from None
    fields = dict(pairs)
    for name in ("grant_type", "username", "password"):
        if name not in fields:
            raise _wrong(name, "is missing")
    if fields["grant_type"] != "password":
        raise _wrong("grant_type", "must be `password`")
    return Credentials(email=fields["username"], password=fields["password"])


def _wrong(name: str, message: str) -> Refused:
    return Refused(WRONG_SHAPE, f"{name} {message}", errors=[FieldProblem(None, name, message)])


def _address(request: Public) -> str:
    identity: Identity = request.app.state.identity
    return identity.neighbourhood(request)
