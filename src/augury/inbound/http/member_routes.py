"""Routes that only somebody who has signed in may call: what they all declare, in one place."""

from functools import partial

from litestar import delete, get, post

from augury.inbound.http.identity import signed_in
from augury.inbound.http.openapi import BEARER

member_get = partial(get, guards=[signed_in], security=BEARER)
member_post = partial(post, guards=[signed_in], security=BEARER)
member_delete = partial(delete, guards=[signed_in], security=BEARER)
