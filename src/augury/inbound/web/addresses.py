"""Addresses of our pages, for ways back to them."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from litestar import Litestar, Request

_PART = re.compile(r"/(state|figures)(?=\?|$)")
"""The end of the path of a page's part, below the path of the page."""
_PARAMETER = re.compile(r"\\{\w+(:\w+)?\\}")
OTHERS = ("/app", "/app/{address:path}")
"""Routes that are not pages: the first one redirects to the start page, the second one answers 404."""


def address_of(request: Request[Any, Any, Any]) -> str:
    """The address of the page that is shown: after a form, without the form's values."""
    query = request.scope["query_string"].decode("latin-1") if request.method == "GET" else ""
    return f"{request.scope['path']}{'?' if query else ''}{query}"


def page_with(part: str) -> str:
    """The address of the page that has this part, which a script has asked for."""
    return _PART.sub("", part)


def page_of(request: Request[Any, Any, Any]) -> str:
    """The page to which the address of a form belongs: `/app/money` for `/app/money/redeem`."""
    patterns, parts = _pages(request.app), request.scope["path"].split("/")
    above = ("/".join(parts[:end]) for end in range(len(parts), 1, -1))
    return next((each for each in above if any(one.fullmatch(each) for one in patterns)), "/")


@lru_cache(maxsize=4)
def _pages(app: Litestar) -> Sequence[re.Pattern[str]]:
    pages = [each.path for each in app.routes if "GET" in each.methods and each.path not in OTHERS]
    return [re.compile(_PARAMETER.sub("[^/]+", re.escape(each))) for each in pages]
