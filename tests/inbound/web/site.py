"""The pages over memory, and visitors whose browser keeps cookies, but runs no script."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape

import httpx

from augury.domain.identifiers import UserId
from augury.inbound.http.settings import HttpSettings
from augury.inbound.web import app as pages
from augury.inbound.web.settings import WebSettings
from tests.hexagon import Hexagon
from tests.http_api import SETTINGS, Api, serving
from tests.quick_app import routes_registered_once

PASSWORD = "correct horse"
_CSRF = re.compile(r'name="csrf" value="(\w+)"')


class Visitor:
    """A browser without scripts."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.csrf = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return self._seen(await self.client.get(path, headers=headers))

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """Send a form with the token of the page that was seen last."""
        return self._seen(await self.client.post(path, data={"csrf": self.csrf, **fields}))

    async def register(self, email: str = "ada@example.org", password: str = PASSWORD) -> httpx.Response:
        await self.get("/app/register")
        return await self.post("/app/register", email=email, password=password)

    async def sign_in(self, email: str = "ada@example.org", password: str = PASSWORD) -> httpx.Response:
        await self.get("/app/sign-in")
        return await self.post("/app/sign-in", email=email, password=password)

    async def is_signed_in(self) -> bool:
        return "/app/sign-out" in (await self.get("/")).text

    def _seen(self, response: httpx.Response) -> httpx.Response:
        if found := _CSRF.search(response.text):
            self.csrf = found[1]
        return response


def hidden(page: httpx.Response, action: str) -> dict[str, str]:
    """The hidden fields of the page's form with this action, without the token."""
    form = re.search(rf'<form [^>]*action="{re.escape(action)}".*?</form>', page.text, re.DOTALL)
    assert form, page.text
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0])
    return {name: unescape(value) for name, value in fields if name != "csrf"}


@dataclass(frozen=True, slots=True)
class Site:
    api: Api

    @property
    def hexagon(self) -> Hexagon:
        return self.api.hexagon

    async def run_all(self) -> None:
        await self.hexagon.run_all()

    async def user_id(self, email: str) -> UserId:
        secret = await self.hexagon.users.by_email(email)
        assert secret
        return secret.user.id

    async def credits(self, email: str, amount: int) -> None:
        """Give a registered user credits."""
        await self.hexagon.top_up(user_id=await self.user_id(email), amount=amount)

    def visitor(self, *, peer: str = "198.51.100.7", **headers: str) -> Visitor:
        client = self.api.client(peer=peer, **headers)
        client.follow_redirects = True
        return Visitor(client)


@asynccontextmanager
async def shown(hexagon: Hexagon, settings: HttpSettings = SETTINGS, **web: bool) -> AsyncIterator[Site]:
    """The API with its pages."""
    with routes_registered_once(pages):
        async with serving(hexagon, settings=settings, web=WebSettings(**web)) as api:
            yield Site(api)


def alert(response: httpx.Response) -> str:
    """The sentence of the page's refusal."""
    found = re.search(r'role="alert"[^>]*>(.*?)</p>', response.text, re.DOTALL)
    assert found, response.text
    return unescape(re.sub(r"<[^>]+>", "", found[1])).strip()
