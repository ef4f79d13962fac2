"""Signing in by a chat: the browser's side. `tests/inbound/telegram/test_signing_in.py` has the chat's."""

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest

from augury.application.chats.ports.chats import Chat
from augury.domain.chat import SignInExpired
from augury.domain.chat_sign_in import choices_of, number_of
from augury.domain.user import Role
from tests.inbound.web.site import Site, Visitor, alert

CHAT = 7


class Phone:
    """The chat's owner, who opens the page's link in Telegram."""

    def __init__(self, site: Site, chat: Chat) -> None:
        self.site = site
        self.chat = chat

    async def confirms(self, page: httpx.Response) -> None:
        await self.presses(page, shown_number(page))

    async def presses(self, page: httpx.Response, number: int) -> None:
        await self.site.hexagon.confirm_chat_sign_in(chat=self.chat, code=code_in(page), number=number)


def code_in(page: httpx.Response) -> str:
    found = re.search(r'href="https://t\.me/a_bot\?start=login-([\w-]{43})"', page.text)
    assert found, page.text
    return found[1]


def shown_number(page: httpx.Response) -> int:
    found = re.search(r'<strong class="code">(\d\d)</strong>', page.text)
    assert found, page.text
    return int(found[1])


@pytest.fixture
async def phone(site: Site) -> Phone:
    await site.hexagon.links.saw_bot("a_bot")
    return Phone(site, await site.hexagon.register_chat(chat_id=CHAT, language="en"))


async def begins(visitor: Visitor, next: str = "/") -> httpx.Response:
    await visitor.get("/app/sign-in")
    return await visitor.post("/app/sign-in/telegram", next=next)


async def finishes(visitor: Visitor, page: httpx.Response) -> httpx.Response:
    return await visitor.post(page.url.path, next=page.url.params["next"])


async def test_a_chat_signs_its_owner_in_and_the_credits_are_the_same(site: Site, phone: Phone) -> None:
    ada = site.visitor(**{"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
    page = await begins(ada, "/app/money")
    assert shown_number(page) == number_of(code_in(page))
    assert "/start login-" in page.text
    state = await ada.get(f"{page.url.path}/state")
    assert "<html" not in state.text
    assert code_in(state) == code_in(page)

    await phone.confirms(page)
    state = await ada.get(f"{page.url.path}/state?next=/app/money")
    assert 'hx-trigger="load"' in state.text
    assert not await ada.is_signed_in(), "nothing that a link can do signs anybody in"
    entered = await finishes(ada, page)
    assert entered.url.path == "/app/money"
    balance = await site.hexagon.balances.of(phone.chat.user_id)
    assert f"{balance.available} credits" in entered.text
    account = await ada.get("/app/account")
    assert "Signed in with Telegram." in account.text
    assert "Firefox, Linux, Telegram" in account.text
    assert "password" not in account.text


async def test_a_script_is_led_on_by_a_header(site: Site, phone: Phone) -> None:
    ada = site.visitor()
    page = await begins(ada)
    await phone.confirms(page)
    ada.client.headers["hx-request"] = "true"
    entered = await finishes(ada, page)
    assert (entered.status_code, entered.headers["hx-redirect"]) == (200, "/")
    assert await ada.is_signed_in()


async def test_a_linked_chat_signs_in_to_its_account(site: Site, phone: Phone) -> None:
    user = await site.hexagon.user(90, email="ada@example.org")
    issued = await site.hexagon.issue_telegram_link(user_id=user.id)
    await site.hexagon.link_chat(chat=phone.chat, code=issued.url.partition("=")[2])
    linked = await site.hexagon.chats.get(CHAT)
    assert linked
    ada = site.visitor()
    page = await begins(ada)
    await Phone(site, linked).confirms(page)
    await finishes(ada, page)
    assert "Signed in as ada@example.org." in (await ada.get("/app/account")).text


async def test_a_request_belongs_to_the_browser_that_began_it(site: Site, phone: Phone) -> None:
    """Neither can somebody finish another's request, nor can a planted link or cookie sign somebody in."""
    ada, eve = site.visitor(), site.visitor()
    page = await begins(ada)
    await phone.confirms(page)
    await eve.get("/app/sign-in")
    assert alert(await eve.get(page.url.path)).startswith("The request to sign in was used")
    refused = await eve.post(page.url.path, next="/")
    assert (refused.status_code, await eve.is_signed_in()) == (410, False)
    held = dict(ada.client.cookies)
    await finishes(ada, page)
    assert dict(ada.client.cookies) != held, "session fixation: the session has a new cookie"
    eve.client.cookies.update(held)
    await eve.get("/app/sign-in")
    assert (await eve.post(page.url.path, next="/")).status_code == 410, "it works once"
    assert not await eve.is_signed_in()


async def test_a_wrong_number_or_a_refusal_ends_the_request(site: Site, phone: Phone) -> None:
    ada = site.visitor()
    for number in (None, 0):
        page = await begins(ada)
        right = shown_number(page)
        assert right in choices_of(code_in(page))
        if number is None:
            await site.hexagon.confirm_chat_sign_in.refuse(code=code_in(page))
        else:
            with pytest.raises(SignInExpired):
                await phone.presses(page, number)
        again = await ada.get(page.url.path)
        assert "Begin again" in again.text
        assert (await finishes(ada, page)).status_code == 410


async def test_a_request_lives_five_minutes(site: Site, phone: Phone) -> None:
    ada = site.visitor()
    page = await begins(ada)
    await phone.confirms(page)
    site.hexagon.clock.advance(timedelta(minutes=5, seconds=1))
    assert (await finishes(ada, page)).status_code == 410


async def test_attempts_from_one_address_are_limited(site: Site, phone: Phone) -> None:
    ada = site.visitor()
    for _ in range(site.hexagon.limits.sign_ins_per_minute):
        code_in(await begins(ada))
    refused = await begins(ada)
    assert refused.status_code == 429
    assert alert(refused).startswith("Too many attempts.")


async def test_an_administrator_needs_the_password(site: Site, phone: Phone) -> None:
    ada = site.visitor()
    page = await begins(ada)
    user = await site.hexagon.users.get(phone.chat.user_id)
    await phone.confirms(page)
    await site.hexagon.users.change_role(user.with_role(Role.ADMIN, by=None))
    assert (await finishes(ada, page)).status_code == 410
    assert not await ada.is_signed_in()


async def test_where_no_bot_serves_nothing_is_offered(site: Site) -> None:
    ada = site.visitor()
    for path in ("/app/sign-in", "/app/register"):
        assert "Telegram" not in (await ada.get(path)).text
    assert alert(await begins(ada)) == "This service has no bot."
    await ada.register()
    for path in ("/app/account", "/app/money"):
        assert "Telegram" not in (await ada.get(path)).text
    await site.hexagon.links.saw_bot("a_bot")
    assert "Create a link to the bot" in (await ada.get("/app/account")).text
    assert "@a_bot you can buy credits" in (await ada.get("/app/money")).text


async def test_such_an_account_is_closed_after_a_tick(site: Site, phone: Phone) -> None:
    ada = site.visitor()
    page = await begins(ada)
    await phone.confirms(page)
    await finishes(ada, page)
    closing = await ada.get("/app/account/close")
    assert "Your chat with the bot" in unescape(closing.text)
    forfeit = str((await site.hexagon.balances.of(phone.chat.user_id)).available)
    refused = await ada.post("/app/account/close", forfeit=forfeit)
    assert (refused.status_code, "Tick the box" in refused.text) == (422, True)
    await ada.post("/app/account/close", forfeit=forfeit, sure="yes")
    assert not await ada.is_signed_in()
    assert await site.hexagon.chats.get(CHAT) is None
