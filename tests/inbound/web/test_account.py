"""The account, its sessions, and API keys."""

import re

import pytest

from tests.http_api import is_problem
from tests.inbound.web.site import PASSWORD, Site, Visitor, alert

EVIL = '"><script>alert(1)</script>'


@pytest.fixture
async def ada(site: Site) -> Visitor:
    visitor = site.visitor(**{"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
    await visitor.register()
    return visitor


async def test_a_key_is_shown_once_and_works_until_it_is_deleted(site: Site, ada: Visitor) -> None:
    await ada.get("/app/keys")
    made = await ada.post("/app/keys", name=EVIL, days="30", day="5", month="", scopes="read", model="tone")
    found = re.search(r"aug_[\w-]+", made.text)
    assert found
    assert EVIL not in made.text
    listed = await ada.get("/app/keys")
    assert found[0] not in listed.text
    assert "0 of 5 today" in listed.text
    program = site.api.client(Authorization=f"Bearer {found[0]}")
    assert (await program.get("/balance")).status_code == 200
    assert is_problem(await program.post("/predictions", json={"data": {"text": "x"}}), 403, "scope-missing")

    delete = re.search(r'action="(/app/keys/[^"]+/delete)"', listed.text)
    assert delete
    eve = site.visitor()
    await eve.register("eve@example.org")
    assert (await eve.post(delete[1])).status_code == 404
    assert "no keys yet" in (await ada.post(delete[1])).text
    assert (await program.get("/balance")).status_code == 401
    typed = {"scopes": "read", "model": "tone", "day": "5", "month": "60", "days": "90"}
    refused = await ada.post("/app/keys", name="", **typed)
    assert refused.status_code == 422
    assert {*re.findall(r'name="(model|day|month)" value="([^"]*)"', refused.text)} == {
        *(("model", "tone"), ("day", "5"), ("month", "60"))
    }
    assert re.findall(r'value="(\w+)" selected', refused.text) == ["read", "90"]


@pytest.mark.parametrize("typed", ["1,000", "1.5", "-5", "ten", "9" * 5_000])
async def test_a_limit_that_cannot_be_read_makes_no_key_without_one(ada: Visitor, typed: str) -> None:
    await ada.get("/app/keys")
    for limit in ("day", "month"):
        refused = await ada.post("/app/keys", name="nightly", **{limit: typed})
        assert refused.status_code == 422
        assert "is not a whole number" in refused.text
    assert "no keys yet" in (await ada.get("/app/keys")).text
    made = await ada.post("/app/keys", name="nightly", day="1 00")
    assert "0 of 100 today" in made.text


async def test_sessions_are_listed_and_ended(site: Site, ada: Visitor) -> None:
    phone = site.visitor(**{"user-agent": "Mozilla/5.0 (iPhone) Safari/605.1"})
    await phone.sign_in()
    listed = await ada.get("/app/account")
    assert "Firefox, Linux" in listed.text
    assert "Safari, iOS" in listed.text
    ends = re.findall(r'action="(/app/account/sessions/[^"]+/end)"', listed.text)
    eve = site.visitor()
    await eve.register("eve@example.org")
    for end in ends:
        await eve.post(end)
    assert await phone.is_signed_in()
    await ada.get("/app/account")
    of_phone = re.search(r'Safari, iOS.*?action="(/app/account/sessions/[^"]+/end)"', listed.text, re.DOTALL)
    assert of_phone
    await ada.post(of_phone[1])
    assert not await phone.is_signed_in()
    assert await ada.is_signed_in()


async def test_a_new_password_ends_the_other_sessions(site: Site, ada: Visitor) -> None:
    phone = site.visitor()
    await phone.sign_in()
    await ada.get("/app/account")
    refused = await ada.post("/app/account/password", current="wrong", new="another horse")
    assert (refused.status_code, alert(refused)) == (401, "The address or the password is wrong.")
    changed = await ada.post("/app/account/password", current=PASSWORD, new="another horse")
    assert changed.url.path == "/app/account"
    assert await ada.is_signed_in()
    assert not await phone.is_signed_in()


async def test_an_account_is_closed_by_its_owner_s_address(site: Site, ada: Visitor) -> None:
    await site.credits("ada@example.org", 3)
    page = await ada.get("/app/account/close")
    assert "3 credits will be lost" in page.text
    assert (await ada.post("/app/account/close", email="eve@example.org", forfeit="3")).status_code == 422
    more = await ada.post("/app/account/close", email="ada@example.org", forfeit="2")
    assert (more.status_code, "will be lost" in alert(more)) == (422, True)
    await ada.post("/app/account/close", email=" ADA@example.org", forfeit="3")
    assert not await ada.is_signed_in()
    assert (await ada.sign_in()).status_code == 401


async def test_a_loss_that_cannot_be_read_closes_nothing(site: Site, ada: Visitor) -> None:
    await site.credits("ada@example.org", 5)
    await ada.get("/app/account/close")
    for forfeit in ("", "x", "9" * 5_000):
        refused = await ada.post("/app/account/close", email="ada@example.org", forfeit=forfeit)
        assert refused.status_code == 422
    assert await ada.is_signed_in()


async def test_without_a_bot_the_page_says_so(ada: Visitor) -> None:
    await ada.get("/app/account")
    refused = await ada.post("/app/account/telegram")
    assert alert(refused) == "This service has no bot."
