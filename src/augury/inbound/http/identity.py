"""Who calls: reads the headers that say it, and guards the routes. The use cases of `people` decide."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.types import Scope

from augury.application.people.admit_guest import AdmitGuest
from augury.application.people.authorize_admin import AuthorizeAdmin
from augury.application.people.find_guests import FindGuests
from augury.application.people.identify_caller import IdentifyCaller
from augury.domain.balance import NotEnoughCredits
from augury.domain.identifiers import UserId
from augury.domain.user import InvalidToken, NotByApiKey
from augury.inbound.http.address import client_address, neighbourhood
from augury.inbound.http.problem_kinds import NOT_ENOUGH_FREE, REGISTER, SIGN_IN_REQUIRED
from augury.inbound.http.problems import Refused
from augury.inbound.http.settings import HttpSettings

SignedIn = Request[UserId, None, State]
"""A request behind the guard `signed_in`."""
InPerson = Request[UserId, int, State]
"""A request behind the guard `in_person`; its `auth` is the version of the access token."""
Anyone = Request[UserId | None, None, State]
"""A request behind the guard `signed_in_or_guest`; its user is None for a guest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Reads from a request what the use cases need to tell who calls."""

    identify_caller: IdentifyCaller
    admit_guest: AdmitGuest
    find_guests: FindGuests
    authorize_admin: AuthorizeAdmin
    settings: HttpSettings

    async def caller(self, scope: Scope) -> UserId | None:
        """Who the credential belongs to, None where there is none; raises `InvalidToken` for a wrong one.

        Also notes the version of an access token as the scope's `auth`, which is None for an API key.
        """
        credentials = [value for name, value in scope["headers"] if name == b"authorization"]
        if not credentials:
            return None
        scheme, _, credential = credentials[0].decode("latin-1").partition(" ")
        if len(credentials) > 1 or scheme.lower() != "bearer":
            raise InvalidToken
        access = await self.identify_caller(credential.strip())
        scope["auth"] = access.version
        return access.user_id

    async def guest(self, scope: Scope) -> UserId:
        """Raises `GuestsNotServed`, `TooManyGuests`."""
        return await self.admit_guest(self.neighbourhood(scope))

    def guest_is_short(self, error: NotEnoughCredits) -> Refused:
        """The refusal of a guest whose free credits do not suffice, and what there is to do about it."""
        daily = self.admit_guest.limits.guest_credits
        today = self.admit_guest.clock.now().astimezone(UTC)
        back = datetime.combine(today.date() + timedelta(days=1), time.min, UTC)
        left = f"{error.available} of today's {daily} free credits are left, and this takes {error.price}."
        if not error.available:
            left = f"Today's {daily} free credits are spent."
        return Refused(
            NOT_ENOUGH_FREE,
            f"{left} New ones come at {back:%Y-%m-%dT%H:%M:%SZ}. {REGISTER}",
            available=error.available,
            price=error.price,
            free_credits_at=back,
        )

    def known_guests(self, scope: Scope) -> AsyncIterator[UserId]:
        """Raises `GuestsNotServed`."""
        return self.find_guests(self.neighbourhood(scope))

    def tries_mark(self, scope: Scope) -> str:
        """The network address of the request as a keyed hash: tries are counted and stored by this."""
        return self.admit_guest.keys.mark(self.neighbourhood(scope))

    def neighbourhood(self, scope: Scope) -> str:
        """Where the request came from: guests are told apart, and tries are counted, by this."""
        peer = scope["client"][0] if scope["client"] else None
        said = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        return neighbourhood(client_address(peer, said, self.settings.trusted_proxies))


async def identify(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Note whose request this is, None for a guest; a wrong credential is refused."""
    identity: Identity = connection.app.state.identity
    connection.scope["user"] = await identity.caller(connection.scope)


async def signed_in_or_guest(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: a wrong credential is refused, none is a guest."""
    await identify(connection)


async def signed_in(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: only with a credential."""
    await identify(connection)
    if connection.scope["user"] is None:
        raise Refused(SIGN_IN_REQUIRED, f"This takes an account. {REGISTER}")


async def in_person(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: only with an access token. What an API key could do here would outlive the key."""
    await signed_in(connection, handler)
    if connection.scope["auth"] is None:
        raise NotByApiKey


async def administrator(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: only for the role `admin`."""
    await signed_in(connection, handler)
    identity: Identity = connection.app.state.identity
    await identity.authorize_admin(connection.scope["user"])
