"""The shared declarations of routes that need a signed-in caller."""

from functools import partial

from litestar import delete, get, post

from augury.inbound.http.callers.identity import signed_in
from augury.inbound.http.description.openapi import BEARER

member_get = partial(get, guards=[signed_in], security=BEARER)
member_post = partial(post, guards=[signed_in], security=BEARER)
member_delete = partial(delete, guards=[signed_in], security=BEARER)
