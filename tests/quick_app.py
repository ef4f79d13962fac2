"""Applications over the same routes, of which a process of tests makes a thousand.

Registering the routes takes Litestar 0.1 s of CPU time, as long as thirty small requests. It is done once for
each set of options. Every application is a copy of that one: it shares the routes, which keep nothing, and
has its own state, life and handler.
"""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any
from unittest.mock import patch

from litestar import Litestar, Router
from litestar.datastructures import State

from augury.inbound.http import app as http_app
from augury.inbound.http.routes import api_routes
from augury.inbound.lean_litestar import LeanLitestar

_registered: dict[Any, Litestar] = {}
_unregistered = cache(api_routes)
"""Making the routers takes as long as a small test."""


@contextmanager
def routes_registered_once(room: ModuleType = http_app) -> Iterator[None]:
    """While the block runs, this module makes copies. Routers, which only a new application registers, are
    made once for each."""
    with patch.object(room, "LeanLitestar", _copied), patch.object(http_app, "api_routes", _api_routes):
        yield


def _api_routes(most_bytes: int | None) -> list[Any]:
    return api_routes(None) if most_bytes is None else _unregistered(most_bytes)  # None: for the description


def _copied(routes: Sequence[Any], *, state: State, lifespan: Sequence[Any] = (), **options: Any) -> Litestar:
    key = (*map(_what, routes), *((name, repr(value)) for name, value in options.items()))
    if key not in _registered:
        _registered[key] = LeanLitestar(routes, **options)
        _unregistered.cache_clear()
    made = copy.copy(_registered[key])
    made.state, made._lifespan_managers = state, list(lifespan)
    made.event_emitter = type(made.event_emitter)([])
    made.asgi_router = copy.copy(made.asgi_router)
    made.asgi_router.app = made
    made.asgi_handler = made._create_asgi_handler()
    return made


def _what(route: Any) -> object:
    """What distinguishes a route from others. Routers are made for each application."""
    return (route.path, route.request_max_body_size) if isinstance(route, Router) else id(route)
