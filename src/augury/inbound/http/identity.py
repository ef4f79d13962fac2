"""Who calls: a credential, or an address and a day, becomes a `UserId`."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.types import Scope

from augury.application.limits import Limits
from augury.application.people.admit_guest import AdmitGuest
from augury.application.people.create_api_key import PREFIX
from augury.application.people.ports import AccessTokens, ApiKeys, Users
from augury.application.people.tokens import digest
from augury.application.ports import Clock
from augury.concurrency.recent import Recent
from augury.domain.identifiers import UserId
from augury.domain.user import GuestsNotServed, InvalidToken, UserNotFound
from augury.inbound.http.address import client_address, neighbourhood
from augury.inbound.http.problems import SIGN_IN_REQUIRED, Refused
from augury.inbound.http.settings import HttpSettings

SignedIn = Request[UserId, None, State]
"""A request behind the guard `signed_in`."""
Anyone = Request[UserId | None, None, State]
"""A request behind the guard `signed_in_or_guest`; its user is None for a guest."""

_MOST_REMEMBERED = 10_000
_A_DAY = timedelta(days=1)


class Identity:
    """Reads credentials. What was found is believed for `HttpSettings.identity_cache`, no longer."""

    def __init__(
        self,
        *,
        access_tokens: AccessTokens,
        api_keys: ApiKeys,
        users: Users,
        admit_guest: AdmitGuest,
        limits: Limits,
        clock: Clock,
        settings: HttpSettings,
    ) -> None:
        self._access_tokens = access_tokens
        self._api_keys = api_keys
        self._users = users
        self._admit_guest = admit_guest
        self._limits = limits
        self._clock = clock
        self._settings = settings
        self._secret = settings.guest_secret.encode()
        cached = settings.identity_cache
        self._live: Recent[UserId, UserId] = Recent(most=_MOST_REMEMBERED, lifetime=cached)
        self._keys: Recent[bytes, UserId] = Recent(most=_MOST_REMEMBERED, lifetime=cached)
        self._guests: Recent[bytes, UserId] = Recent(most=_MOST_REMEMBERED, lifetime=_A_DAY)

    async def caller(self, scope: Scope) -> UserId | None:
        """Who the credential belongs to, None where there is none; raises `InvalidToken` for a wrong one."""
        credentials = [value for name, value in scope["headers"] if name == b"authorization"]
        if not credentials:
            return None
        scheme, _, token = credentials[0].decode("latin-1").partition(" ")
        if len(credentials) > 1 or scheme.lower() != "bearer":
            raise InvalidToken
        token = token.strip()
        return await (self._by_api_key(token) if token.startswith(PREFIX) else self._by_token(token))

    async def guest(self, scope: Scope) -> UserId:
        """The guest of the caller's address and of this UTC day.

        Raises `GuestsNotServed`, `TooManyGuests`.
        """
        key = self._guest_key(scope, self._clock.now())
        user_id = self._guests.get(key)
        if user_id is None:
            user_id = (await self._admit_guest(key)).id
            self._guests.put(key, user_id)
        return user_id

    async def known_guests(self, scope: Scope) -> AsyncIterator[UserId]:
        """The guests of the caller's address of today and of yesterday, those that there are: none is made.

        What was submitted just before midnight (UTC) is read after it. Raises `GuestsNotServed`.
        """
        if not self._limits.guest_credits:
            raise GuestsNotServed
        now = self._clock.now()
        for day in (now, now - _A_DAY):
            key = self._guest_key(scope, day)
            user_id = self._guests.get(key)
            if user_id is None and (known := await self._users.guest(key)):
                user_id = known.id
                self._guests.put(key, user_id)
            if user_id is not None:
                yield user_id

    def _guest_key(self, scope: Scope, day: datetime) -> bytes:
        name = f"{day.date().isoformat()} {self.neighbourhood(scope)}"
        return hmac.digest(self._secret, name.encode(), hashlib.sha256)

    def neighbourhood(self, scope: Scope) -> str:
        """Where the request came from, as far as tries are counted and guests are told apart."""
        peer = scope["client"][0] if scope["client"] else None
        said = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        return neighbourhood(client_address(peer, said, self._settings.trusted_proxies))

    async def require_admin(self, user_id: UserId) -> None:
        """Raises `NotAllowed`; the role is read afresh each time, never from a token."""
        (await self._users.get(user_id)).require_admin()

    def forget(self, user_id: UserId) -> None:
        """Something about the user's account or keys has changed: believe nothing of it any more."""
        self._live.forget(user_id)
        self._keys.forget(user_id)

    async def _by_api_key(self, key: str) -> UserId:
        hashed = digest(key)
        user_id = self._keys.get(hashed)
        if user_id is None:
            user_id = await self._api_keys.owner(hashed)
            if user_id is None:
                raise InvalidToken
            self._keys.put(hashed, user_id)
        return user_id

    async def _by_token(self, token: str) -> UserId:
        user_id = self._access_tokens.read(token)
        if self._live.get(user_id) is None:
            try:
                await self._users.get(user_id)
            except UserNotFound:
                raise InvalidToken from None
            self._live.put(user_id, user_id)
        return user_id


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
        raise Refused(SIGN_IN_REQUIRED, "This needs `Authorization: Bearer` with a token or an API key.")


async def administrator(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: only for the role `admin`."""
    await signed_in(connection, handler)
    identity: Identity = connection.app.state.identity
    try:
        await identity.require_admin(connection.scope["user"])
    except UserNotFound:
        raise InvalidToken from None
