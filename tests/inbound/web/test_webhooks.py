"""Webhooks and their deliveries."""

import re

import pytest

from tests.inbound.web.site import Site, Visitor, alert

URL = "https://example.org/hook"


@pytest.fixture
async def ada(site: Site) -> Visitor:
    visitor = site.visitor()
    await visitor.register()
    return visitor


async def made(ada: Visitor) -> str:
    """The path of a new webhook."""
    await ada.get("/app/webhooks")
    page = await ada.post("/app/webhooks", url=URL, events="prediction.finished")
    assert "whsec_" in page.text, page.text
    found = re.search(r'href="(/app/webhooks/[0-9a-f-]{36})"', page.text)
    assert found
    return found[1]


async def test_a_webhook_is_made_tested_switched_and_deleted(ada: Visitor) -> None:
    assert "no webhooks yet" in (await ada.get("/app/webhooks")).text
    path = await made(ada)
    assert "whsec_" not in (await ada.get(path)).text

    tested = await ada.post(f"{path}/test")
    delivery = re.search(r'name="delivery" value="([^"]+)"', tested.text)
    assert delivery
    assert "Waiting" in tested.text
    assert (await ada.post(f"{path}/replay", delivery=delivery[1])).status_code == 200
    assert (await ada.post(f"{path}/replay", delivery="x")).status_code == 404
    assert "whsec_" in (await ada.post(f"{path}/rotate")).text
    assert "You switched it off" in (await ada.post(f"{path}/switch", enabled="no")).text
    assert "You switched it off" not in (await ada.post(f"{path}/switch", enabled="yes")).text
    assert "no webhooks yet" in (await ada.post(f"{path}/delete")).text


async def test_what_cannot_be_called_is_refused_beside_what_was_typed(ada: Visitor) -> None:
    await ada.get("/app/webhooks")
    refused = await ada.post("/app/webhooks", url='http://127.0.0.1/"><script>', events="batch.finished")
    assert refused.status_code == 422
    assert alert(refused).startswith("The webhook is not valid")
    assert "<script>" not in refused.text
    no_event = await ada.post("/app/webhooks", url=URL, balance_below="40")
    assert (no_event.status_code, 'name="balance_below" value="40"' in no_event.text) == (422, True)
    unread = await ada.post("/app/webhooks", url=URL, events="balance.low", balance_below="1,000")
    assert "“1,000” is not a whole number." in unread.text


async def test_another_user_s_webhook_is_not_there(site: Site, ada: Visitor) -> None:
    path = await made(ada)
    eve = site.visitor()
    await eve.register("eve@example.org")
    assert (await eve.get(path)).status_code == 404
    for act in ("rotate", "test", "replay", "switch", "delete"):
        assert (await eve.post(f"{path}/{act}", delivery="0" * 32, enabled="no")).status_code == 404, act
    assert path not in (await eve.get("/app/webhooks")).text
