"""Finds the caller from a request's headers, and guards the routes. The use cases of `people` decide."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, cast

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.types import Scope

from augury.application.people.admit_guest import AdmitGuest
from augury.application.people.authorize_admin import AuthorizeAdmin
from augury.application.people.find_guests import FindGuests
from augury.application.people.identify_caller import IdentifyCaller
from augury.application.people.ports.credentials import Access
from augury.application.people.request_rates import RequestRates
from augury.domain.api_key import KeyScope, KeyTerms, NotByApiKey, ScopeMissing
from augury.domain.balance import NotEnoughCredits
from augury.domain.credentials import InvalidToken
from augury.domain.identifiers import UserId
from augury.inbound.http.edge.address import place_of
from augury.inbound.http.edge.layer import RATES
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import NOT_ENOUGH_FREE, REGISTER, SIGN_IN_REQUIRED
from augury.inbound.http.settings import HttpSettings

SignedIn = Request[UserId, None, State]
"""A request behind the guard `signed_in`."""
InPerson = Request[UserId, int, State]
"""A request behind the guard `in_person`; its `auth` is the version of the access token."""
Anyone = Request[UserId | None, None, State]
"""A request behind the guard `signed_in_or_guest`; its user is None for a guest."""


_SAFE = frozenset({"GET", "HEAD"})
_KEY = "augury.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Reads from a request what the use cases need to identify the caller."""

    identify_caller: IdentifyCaller
    admit_guest: AdmitGuest
    find_guests: FindGuests
    authorize_admin: AuthorizeAdmin
    rates: RequestRates
    settings: HttpSettings

    async def caller(
        self, scope: Scope, *, needs: KeyScope | None = None, otherwise: KeyScope | None = None
    ) -> UserId | None:
        """The owner of the credential, or None without one. Raises `InvalidToken` for a wrong one.

        An API key must have the scope `needs`: by default, `read` for a GET and `predict` for everything
        else. The scope `otherwise` is accepted, too. Raises `ScopeMissing` and `TooManyRequests`.

        Also stores the version of an access token as the scope's `auth`; it is None for an API key.
        """
        access = await self._access(scope)
        if self.rates.limits_callers if access else self.rates.limits_guests:
            await self._admit(scope, access)
        if access is None:
            return None
        scope["auth"] = access.version
        if access.key is not None:
            known = cast("dict[str, Any]", scope)
            needed = needs or (KeyScope.READ if known["method"] in _SAFE else KeyScope.PREDICT)
            access.key.require(needed, otherwise or needed)
            known[_KEY] = access.key
        return access.user_id

    async def _access(self, scope: Scope) -> Access | None:
        credentials = [value for name, value in scope["headers"] if name == b"authorization"]
        if not credentials:
            return None
        scheme, _, credential = credentials[0].decode("latin-1").partition(" ")
        if len(credentials) > 1 or scheme.lower() != "bearer":
            raise InvalidToken
        return await self.identify_caller(credential.strip())

    async def _admit(self, scope: Scope, access: Access | None) -> None:
        """Count the request, even if it is refused later. Its answer shows the limits."""
        if access is None:
            statuses, refusal = await self.rates.admit_guest(self.tries_mark(scope))
        else:
            statuses, refusal = await self.rates.admit(access)
        cast("dict[str, Any]", scope)[RATES] = statuses
        if refusal is not None:
            raise refusal

    async def guest(self, scope: Scope) -> UserId:
        """Today's guest of the request's network. Raises `GuestsNotServed`, `TooManyGuests`."""
        return await self.admit_guest(self.neighbourhood(scope))

    def guest_is_short(self, error: NotEnoughCredits) -> Refused:
        """The refusal of a guest without enough free credits, which says what to do."""
        daily = self.admit_guest.limits.guest_credits
        today = self.admit_guest.clock.now().astimezone(UTC)
        back = datetime.combine(today.date() + timedelta(days=1), time.min, UTC)
        left = f"{error.available} of today's {daily} free credits are left, and this costs {error.price}."
        if not error.available:
            left = f"Today's {daily} free credits are spent."
        return Refused(
            NOT_ENOUGH_FREE,
            f"{left} You get new ones at {back:%Y-%m-%dT%H:%M:%SZ}. {REGISTER}",
            available=error.available,
            price=error.price,
            free_credits_at=back,
        )

    def known_guests(self, scope: Scope) -> AsyncIterator[UserId]:
        """The guests of the request's network whose predictions it may see. Raises `GuestsNotServed`."""
        return self.find_guests(self.neighbourhood(scope))

    def tries_mark(self, scope: Scope) -> str:
        """A keyed hash of the request's network address, under which attempts are counted and stored."""
        return self.admit_guest.keys.mark(self.neighbourhood(scope))

    def neighbourhood(self, scope: Scope) -> str:
        """The network that the request came from. It identifies guests, and attempts are counted for it."""
        return place_of(scope, self.settings.trusted_proxies)


async def identify(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Store the request's user, None for a guest. A wrong credential is refused."""
    identity: Identity = connection.app.state.identity
    connection.scope["user"] = await identity.caller(connection.scope)


async def signed_in_or_guest(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: a caller without a credential is a guest; a wrong credential is refused."""
    await identify(connection)


def key_of(scope: Scope) -> KeyTerms | None:
    """The rights of the caller's API key. None for a caller without one."""
    terms: KeyTerms | None = cast("dict[str, Any]", scope).get(_KEY)
    return terms


async def signed_in(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: only with a credential."""
    await require_signed_in(connection.app.state.identity, connection.scope)


async def require_signed_in(
    identity: Identity, scope: Scope, *, needs: KeyScope | None = None, otherwise: KeyScope | None = None
) -> UserId:
    """The request's user, who is also stored in `scope`. Without a credential, the request is refused."""
    user_id = scope["user"] = await identity.caller(scope, needs=needs, otherwise=otherwise)
    if user_id is None:
        raise Refused(SIGN_IN_REQUIRED, f"You need an account for this. {REGISTER}")
    return user_id


async def in_person(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: only with an access token. The effect of an API key's request would outlive the key."""
    try:
        await signed_in(connection, handler)
    except ScopeMissing:
        raise NotByApiKey from None  # no scope permits it
    if connection.scope["auth"] is None:
        raise NotByApiKey


async def administrator(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: only for the role `admin`. An API key also needs the scope `admin`."""
    identity: Identity = connection.app.state.identity
    await require_signed_in(identity, connection.scope, needs=KeyScope.ADMIN)
    await identity.authorize_admin(connection.scope["user"])
