"""Clients of HTTP that do not read all authorities' certificates, each for itself.

Reading them takes httpx 23 ms of CPU time for each client, even for one that never speaks TLS. Tests make
thousands of clients: `httpx.get` makes one for each call, and tests call it until a service is ready.
"""

import ssl
from collections.abc import Callable
from functools import cache
from typing import Any

from httpx._transports import default as transports

NAME = "create_ssl_context"


def read_certificates_once() -> None:
    """From now on, clients of this process that have no settings of their own share what was read."""
    vars(transports)[NAME] = _shared(vars(transports)[NAME])


def _shared(create: Callable[..., ssl.SSLContext]) -> Callable[..., ssl.SSLContext]:
    @cache
    def common(*, trust_env: bool) -> ssl.SSLContext:
        return create(verify=True, cert=None, trust_env=trust_env)

    def created(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
        if verify is True and cert is None:
            return common(trust_env=trust_env)
        return create(verify=verify, cert=cert, trust_env=trust_env)

    return created
