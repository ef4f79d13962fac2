from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """The settings of the pages and their defaults."""

    web: bool = True
    """Whether the API also serves pages for people: `/`, and everything below `/app`. They are loaded with
    the first request for a page."""
    web_https: bool = False
    """Whether people reach the pages only over HTTPS: the session cookie is then `__Host-augury` and
    `Secure`. Otherwise it is so only for requests with `X-Forwarded-Proto: https`, which the NGINX in front
    sets."""
