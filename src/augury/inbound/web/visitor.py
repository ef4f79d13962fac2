"""The visitor of a page: the cookie, its session, and the token in the forms."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, State
from litestar.handlers import BaseRouteHandler

from augury.application.people.ports.credentials import Access
from augury.application.people.request_rates import RequestRates
from augury.application.people.tokens import digest, new_secret
from augury.domain.idempotency import IdempotencyKey
from augury.domain.user import User
from augury.inbound.web.texts import LANGUAGES, language_of

COOKIE = "augury"
"""The name of the cookie over plain HTTP, as with `augury up` on one's own machine."""
SECURE_COOKIE = "__Host-augury"
"""Over HTTPS. Browsers accept this name only with `Secure`, for all paths and for this host alone."""
LANGUAGE_COOKIE = "augury-language"
CSRF = "csrf"
"""The field that every form carries."""
SESSION, ANONYMOUS = "s.", "a."
"""The prefix of a cookie for a session. Other cookies cost no query."""
MOST_COOKIE = 100
MOST_FORM_KEY = 64
A_YEAR = 31_536_000
SAFE = ("GET", "HEAD", "OPTIONS")
STREAMED = "streamed"
"""The option of a route that reads its form as a stream. Such a route must call `require_own_form` itself."""
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("YaBrowser", "Yandex"), ("Firefox", "Firefox"))
_ENGINES = (("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iPadOS"), ("Windows", "Windows")),
    *(("Mac OS", "macOS"), ("Linux", "Linux")),
)


class SignInFirst(Exception):
    """The page is for people who are signed in."""


class Forged(Exception):
    """The form did not come from one of our pages, or came from another session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    cookie: str
    """The cookie's value. It begins with `SESSION` or `ANONYMOUS`."""
    is_new: bool
    """Whether the browser still needs the cookie."""
    user: User | None
    language: str
    is_https: bool
    request_id: str

    @property
    def csrf(self) -> str:
        """The token of this visitor's forms. Making it needs the cookie, about which it reveals nothing."""
        return hmac.digest(self.cookie.encode(), b"form", hashlib.sha256).hex()

    @property
    def member(self) -> User:
        """Raises `SignInFirst`."""
        if self.user is None:
            raise SignInFirst
        return self.user

    @property
    def secret(self) -> str | None:
        """The secret of the session, if there is one."""
        return self.cookie.removeprefix(SESSION) if self.cookie.startswith(SESSION) else None


PageRequest = Request[Visitor, None, State]


async def recognize(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: store the visitor as the scope's user."""
    state = connection.app.state
    is_https = state.settings.web_https or connection.headers.get("x-forwarded-proto") == "https"
    cookie = connection.cookies.get(SECURE_COOKIE if is_https else COOKIE, "")[:MOST_COOKIE]
    is_session = cookie.startswith(SESSION)
    user = await state.sessions.owner(digest(cookie.removeprefix(SESSION))) if is_session else None
    if user is None and not (cookie.startswith(ANONYMOUS) and len(cookie) > len(ANONYMOUS) + 40):
        cookie = ""
    chosen = connection.cookies.get(LANGUAGE_COOKIE)
    given = connection.headers.get("x-request-id", "")
    connection.scope["user"] = Visitor(
        cookie=cookie or ANONYMOUS + new_secret(),
        is_new=not cookie,
        user=user,
        language=chosen if chosen in LANGUAGES else language_of(connection.headers.get("accept-language")),
        is_https=is_https,
        request_id=given if _ID.fullmatch(given) else new_secret()[:16].replace("_", "-"),
    )


async def within_rates(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: count the request against the limits of requests in a minute, even if it is refused later. A
    member's pages count together with the member's API requests. Raises `TooManyRequests`."""
    state, visitor = connection.app.state, connection.scope["user"]
    rates: RequestRates = state.rates
    refusal = None
    if visitor.user and rates.limits_callers:
        refusal = (await rates.admit(Access(visitor.user.id)))[1]
    elif visitor.user is None and rates.limits_guests:
        mark = state.admit_guest.keys.mark(state.outside.place(connection.scope))
        refusal = (await rates.admit_guest(mark))[1]
    if refusal:
        raise refusal


async def from_our_page(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: requests that change something must come from a form of this visitor's own page. Raises
    `Forged`."""
    assert isinstance(connection, Request)
    if connection.method in SAFE:
        return
    _require_own_origin(connection)
    if not handler.opt.get(STREAMED):
        require_own_form(connection.scope["user"], str((await connection.form()).get(CSRF, "")))


async def signed_in(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: raises `SignInFirst`."""
    _ = connection.scope["user"].member


async def administrator(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: raises `SignInFirst`, `NotAllowed`. The session's query has just read the role from the
    database."""
    connection.scope["user"].member.require_admin()


def require_own_form(visitor: Visitor, token: str) -> None:
    """Raises `Forged` unless the form's token is this visitor's."""
    if visitor.is_new or not hmac.compare_digest(token.encode(), visitor.csrf.encode()):
        raise Forged


def form_key(text: str) -> str:
    """The key under which a form is done once. Raises `Forged` if it cannot be one of ours."""
    if not (text.isascii() and text.isprintable()):
        raise Forged
    return text[:MOST_FORM_KEY]


def once_for(key: str, what: str, *values: object) -> IdempotencyKey | None:
    """The key under which a form with these values is done once, however often it is sent. The same form with
    other values, as after a step back in the browser, is another one. None for a form without a key. Raises
    `Forged`."""
    if not key:
        return None
    fingerprint = hashlib.sha256(repr((what, *values)).encode()).digest()
    return IdempotencyKey(f"web:{form_key(key)}:{fingerprint[:12].hex()}", fingerprint)


def session_cookie(visitor: Visitor, value: str, *, seconds: int | None = None) -> Cookie:
    """The cookie with this value. Without `seconds` it lasts until the browser closes."""
    return Cookie(
        key=SECURE_COOKIE if visitor.is_https else COOKIE,
        value=value,
        max_age=seconds,
        path="/",
        secure=visitor.is_https,
        httponly=True,
        samesite="lax",
    )


def client_of(agent: str | None) -> str:
    """The names of browser and system, such as `Firefox, Linux`. Nothing else of the header is kept."""
    text = agent or ""
    browser = next((name for mark, name in (*_BROWSERS, *_ENGINES) if mark in text), "?")
    return f"{browser}, {next((name for mark, name in _SYSTEMS if mark in text), '?')}"


def _require_own_origin(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Raises `Forged` if the browser says that the form comes from another site. Old browsers do not say
    it."""
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise Forged
        return
    # Without a referrer, browsers send the origin `null`; the form's token decides then.
    origin = connection.headers.get("origin", "null")
    if origin != "null" and urlsplit(origin).netloc != connection.headers.get("host"):
        raise Forged
