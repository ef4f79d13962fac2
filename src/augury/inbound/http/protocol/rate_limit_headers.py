"""The headers of request limits: draft-ietf-httpapi-ratelimit-headers-10, as structured fields (RFC 9651).

The draft still changes, so only this module depends on it.
"""

from collections.abc import Sequence

from augury.domain.request_rate import WINDOW, RateStatus

_SECONDS = int(WINDOW.total_seconds())


def rate_limit_headers(statuses: Sequence[RateStatus]) -> list[tuple[bytes, bytes]]:
    """`RateLimit-Policy` (`q` requests in `w` seconds) and `RateLimit` (`r` are left for `t` seconds)."""
    policies = ", ".join(f'"{each.name}";q={each.most};w={_SECONDS}' for each in statuses)
    states = ", ".join(f'"{each.name}";r={each.left};t={each.ends_in}' for each in statuses)
    return [(b"ratelimit-policy", policies.encode()), (b"ratelimit", states.encode())]
