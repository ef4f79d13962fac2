from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """The settings of the pages and their defaults."""

    web: bool = True
    """Whether the API also serves pages for people: `/`, and all below `/app`. They are loaded into memory
    when the first one is asked for."""
    web_https: bool = False
    """People reach the pages only over HTTPS: the session cookie is `__Host-augury` and `Secure`. Without
    this setting it is so wherever a request says `X-Forwarded-Proto: https`, as the NGINX in front does."""
