"""Trying models, and the pages of predictions, without scripts."""

import re
from dataclasses import replace

import httpx
import pytest

from augury.application.limits import Limits
from augury.domain.model_texts import ModelTexts
from augury.domain.prediction import Status
from tests.hexagon import Hexagon
from tests.inbound.web.site import PASSWORD, Site, Visitor, alert, hidden, shown

EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'


async def predicted(site: Site, visitor: Visitor, text: str = "hi", **fields: str) -> str:
    """The path of the page of a new prediction."""
    await visitor.get("/app/models/tone")
    sent = await visitor.post("/app/models/tone", f0=text, **fields)
    assert sent.status_code == 200, alert(sent)
    return sent.url.path


async def test_a_guest_tries_a_model_and_reads_the_answer(site: Site) -> None:
    guest = site.visitor()
    offered = await guest.get("/")
    assert "tone" in offered.text
    path = await predicted(site, guest, EVIL)
    await site.run_all()

    page = await guest.get(path)

    assert "Done" in page.text
    assert "short" in page.text or "long" in page.text
    assert EVIL not in page.text
    assert "<img src=x" not in page.text
    assert (await site.visitor(peer="203.0.113.9").get(path)).status_code == 404
    other = site.visitor()
    await other.register()
    assert (await other.get(path)).status_code == 404


async def test_a_form_that_is_sent_twice_is_charged_once(site: Site) -> None:
    ada = site.visitor()
    await ada.register()
    await site.credits("ada@example.org", 10)
    form = await ada.get("/app/models/tone")
    key = re.search(r'name="key" value="([\w-]+)"', form.text)
    assert key
    first = await ada.post("/app/models/tone", f0="hi", key=key[1])
    again = await ada.post("/app/models/tone", f0="hi", key=key[1])
    assert first.url == again.url
    await site.run_all()
    assert "9 credits" in (await ada.get("/app/models/tone")).text
    other = await ada.post("/app/models/tone", f0="after a step back", key=key[1])
    assert (other.status_code, other.url != first.url) == (200, True), alert(other)
    assert (await ada.post("/app/models/tone", f0="hi", key="a\x00")).status_code == 403


async def test_the_example_of_the_start_page_that_is_sent_twice_is_charged_once(site: Site) -> None:
    ada = site.visitor()
    await ada.register()
    await site.credits("ada@example.org", 10)
    fields = hidden(await ada.get("/"), "/app/models/tone")
    pages = [await ada.post("/app/models/tone", **fields) for _ in range(2)]
    assert pages[0].url == pages[1].url
    await site.run_all()
    assert "9 credits" in (await ada.get("/app/models/tone")).text
    again = await ada.post("/app/models/tone", **hidden(await ada.get("/"), "/app/models/tone"))
    assert again.url != pages[0].url


@pytest.mark.parametrize("path", ["/", "/app/models/tone"])
async def test_nobody_pays_more_than_the_page_said(site: Site, path: str) -> None:
    ada = site.visitor()
    await ada.register()
    await site.credits("ada@example.org", 100)
    model = site.hexagon.model
    dearer = replace(model, row_price=2)

    for changed in (dearer, replace(dearer, text_price=3)):
        fields = {"f0": "hi", **hidden(await ada.get(path), "/app/models/tone")}
        site.hexagon.memory.state.models[model.ref] = changed
        refused = await ada.post("/app/models/tone", **fields)
        assert refused.status_code == 402
        assert alert(refused).startswith("The price has changed in the meantime")
        assert "2 credits per row" in refused.text
    accepted = await ada.post("/app/models/tone", f0="hi", **hidden(refused, "/app/models/tone"))
    assert "Accepted, 5 credits reserved" in accepted.text

    fields = {"f0": "hi", **hidden(await ada.get(path), "/app/models/tone")}
    site.hexagon.memory.state.models[model.ref] = model
    cheaper = await ada.post("/app/models/tone", **fields)
    assert "Accepted, 1 credit reserved" in cheaper.text
    for told in ("1-0-1-0", "--"):
        assert (await ada.post("/app/models/tone", f0="hi", told=told)).status_code == 422, told


async def test_nobody_pays_more_for_an_explanation_than_the_page_said(site: Site) -> None:
    ada = site.visitor()
    await ada.register()
    await site.credits("ada@example.org", 100)
    facts = replace(site.hexagon.model.facts, explain_work=1)
    model = replace(site.hexagon.model, facts=facts)
    site.hexagon.memory.state.models[model.ref] = model
    fields = hidden(await ada.get("/app/models/tone"), "/app/models/tone")
    site.hexagon.memory.state.models[model.ref] = replace(model, explain_price=7)

    refused = await ada.post("/app/models/tone", f0="hi", explain="yes", **fields)

    assert alert(refused).startswith("The price has changed in the meantime")
    assert (await ada.post("/app/models/tone", f0="hi", **fields)).status_code == 200


async def test_without_credits_the_page_says_what_to_do(site: Site) -> None:
    ada = site.visitor()
    await ada.register()
    await ada.get("/app/models/tone")
    refused = await ada.post("/app/models/tone", f0="keep this")
    assert refused.status_code == 402
    assert "Not enough credits: this costs 1, you have 0." in alert(refused)
    assert "keep this" in refused.text


async def test_a_prediction_is_listed_canceled_repeated_and_forgotten(site: Site) -> None:
    ada = site.visitor()
    await ada.register()
    assert "no predictions yet" in (await ada.get("/app/predictions")).text
    await site.credits("ada@example.org", 10)
    first, second = await predicted(site, ada, "first"), await predicted(site, ada, EVIL)

    canceled = await ada.post(f"{first}/cancel")
    assert "Canceled" in canceled.text
    refused = await ada.post(f"{first}/cancel")
    assert (refused.status_code, "Too late" in refused.text) == (422, True)
    await site.run_all()

    listed = await ada.get("/app/predictions")
    assert first in listed.text
    assert second in listed.text
    only = await ada.get(f"/app/predictions?status={Status.CANCELED}&model=tone")
    assert first in only.text
    assert second not in only.text
    assert "No predictions match" in (await ada.get("/app/predictions?model=other")).text

    again = await ada.get(f"/app/models/tone?from={second.rpartition('/')[2]}")
    assert "&lt;script&gt;" in again.text
    assert "<script>alert" not in again.text

    forgotten = await ada.post(f"{second}/forget")
    assert "were deleted" in forgotten.text
    assert "script&gt;" not in forgotten.text


async def test_a_model_is_shown_in_the_page_s_language(site: Site) -> None:
    model = site.hexagon.model
    described = ModelTexts(
        description={"en": "How long a text is.", "ru": "Какой длины текст."},
        features={"text": {"en": "Your text", "ru": "Ваш текст"}},
        labels={"short": {"en": "brief", "ru": "короткий"}, "long": {"en": "lengthy", "ru": "длинный"}},
    )
    await site.hexagon.describe_model(ref=model.ref, texts=described)
    for language, words in (
        ("en", ("How long a text is.", "Your text", "brief")),
        ("ru", ("Какой длины текст.", "Ваш текст", "короткий")),
    ):
        ada = site.visitor(**{"accept-language": language})
        email = f"{language}@example.org"
        await ada.register(email)
        await site.credits(email, 10)
        assert words[0] in (await ada.get("/")).text
        form = await ada.get("/app/models/tone")
        assert words[0] in form.text
        assert words[1] in form.text
        path = await predicted(site, ada)
        await site.run_all()
        assert words[2] in (await ada.get(path)).text
        assert words[2] in (await ada.get("/app/predictions")).text


async def test_another_user_s_predictions_are_not_there(site: Site) -> None:
    ada, eve = site.visitor(), site.visitor()
    await ada.register()
    await site.credits("ada@example.org", 10)
    path = await predicted(site, ada)
    await eve.register("eve@example.org")
    for method, place in (
        ("get", path),
        ("get", f"{path}/state"),
        ("get", f"{path}/events"),
        ("get", f"{path}/explanation.svg"),
        ("post", f"{path}/cancel"),
        ("post", f"{path}/forget"),
        ("get", f"/app/models/tone?from={path.rpartition('/')[2]}"),
    ):
        answer = await getattr(eve, method)(place)
        assert answer.status_code == 404, place
    assert path not in (await eve.get("/app/predictions")).text
    assert (await eve.get("/app/predictions?before=x")).status_code == 404


async def test_whose_session_has_ended_signs_in_to_read_a_prediction(site: Site) -> None:
    ada = site.visitor()
    await ada.register()
    await site.credits("ada@example.org", 10)
    path = await predicted(site, ada)
    await site.hexagon.sign_out_everywhere(user_id=await site.user_id("ada@example.org"))

    refused = await ada.get(path)

    assert (refused.status_code, "If it belongs to your account, sign in" in refused.text) == (404, True)
    link = re.search(r'href="(/app/sign-in\?next=[^"]+)"', refused.text)
    assert link
    await ada.get(link[1])
    entered = await ada.post(
        "/app/sign-in", email="ada@example.org", password=PASSWORD, next=httpx.URL(link[1]).params["next"]
    )
    assert (entered.status_code, entered.url.path) == (200, path)


async def test_the_state_comes_as_a_part_when_it_changes(site: Site) -> None:
    ada = site.visitor()
    await ada.register()
    await site.credits("ada@example.org", 10)
    path = await predicted(site, ada)
    assert "http-equiv" in (await ada.get(path)).text  # without a script, the page loads itself again
    await site.run_all()
    part = await ada.get(f"{path}/state", **{"hx-request": "true"})
    assert "<html" not in part.text
    assert "Done" in part.text
    events = (await ada.get(f"{path}/events")).text
    *parts, last = events.strip().split("\n\n")
    assert last == "event: end\ndata:"
    assert "Done" in parts[-1]
    assert all(line.startswith(("data: ", "retry: ")) for part in parts for line in part.splitlines())


async def test_where_guests_are_not_served_they_sign_in_first() -> None:
    async with shown(Hexagon(limits=Limits(guest_credits=0))) as site:
        guest = site.visitor()
        await guest.get("/app/models/tone")
        sent = await guest.post("/app/models/tone", f0="hi")
        assert sent.url.path == "/app/sign-in"
        assert (await guest.get("/app/predictions")).url.params["next"] == "/app/predictions"
