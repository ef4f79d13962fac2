"""E-mail address and password: as JSON, or as the form of OAuth2's password grant."""

from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
from typing_extensions import override

from augury.domain.email_address import MOST_EMAIL_CHARACTERS
from augury.domain.password import MOST_PASSWORD_CHARACTERS
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.field_problems import FieldProblem
from augury.inbound.http.problems.refusals import WRONG_SHAPE
from augury.inbound.http.protocol.body import JsonBody

MOST_FORM_BYTES = 16_384
"""Far more than the longest address and password need. Parsing a form takes many times its size in memory."""
FORM = "application/x-www-form-urlencoded"
Email = Annotated[str, msgspec.Meta(max_length=MOST_EMAIL_CHARACTERS, examples=["ada@example.com"])]
Password = Annotated[str, msgspec.Meta(max_length=4 * MOST_PASSWORD_CHARACTERS)]
"""A password as typed. In decomposed form (NFD), a character can be up to four. `checked_password` checks new
ones."""


class Credentials(msgspec.Struct, forbid_unknown_fields=True):
    email: Email
    password: Password


class CredentialsBody(JsonBody[Credentials]):
    """JSON, or the form of OAuth2's password grant (RFC 6749, section 4.3.2)."""

    @override
    def decode_bytes(self, value: bytes) -> Any:
        content_type = self.asgi_connection.headers.get("content-type", "")
        if content_type.partition(";")[0].strip().lower() == FORM:
            return _of_form(value)
        return super().decode_bytes(value)


def _of_form(body: bytes) -> Credentials:
    if len(body) > MOST_FORM_BYTES:
        raise Refused(WRONG_SHAPE, "The form is too long.")
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
    try:
        given = {"email": fields["username"], "password": fields["password"]}
        return msgspec.convert(given, Credentials)
    except msgspec.ValidationError as error:
        raise Refused(WRONG_SHAPE, str(error)) from None


def _wrong(name: str, message: str) -> Refused:
    return Refused(WRONG_SHAPE, f"`{name}` {message}.", errors=[FieldProblem(None, name, message)])
