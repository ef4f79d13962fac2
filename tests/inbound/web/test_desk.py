"""The operator's desk: what an administrator sees and does, without a script."""

import json
import re
from html import unescape
from uuid import UUID

import httpx
import pytest

from augury.application.operation.ports import Process, ProcessRole
from augury.application.predictions.ports.queue import Task
from augury.cards.card import encoded
from augury.domain.audit import Action
from augury.domain.figures import BOUNDS, Figures, latencies_of
from augury.domain.identifiers import PredictionId, WebhookId, uuid7
from augury.domain.model import ModelState
from augury.domain.usage import Usage
from augury.domain.user import Role, User
from augury.domain.webhook import DisabledWhy, EventType, Webhook
from augury.inbound.web.operator.model_figures import MOST_LABELS
from augury.inbound.web.texts import LANGUAGES, texts
from augury.outbound.memory.queue import Dead, WaitingTask
from tests.hexagon import PASSWORD, Hexagon, a_model
from tests.http_api import TEXT
from tests.inbound.http.test_model_cards import CARD
from tests.inbound.web.site import Site, Visitor

PAGES = ("overview", "users", "models", "trainings", "queue", "books", "promo-codes", "webhooks", "audit")
MODEL = json.dumps({"features": {"text": "text"}, "classes": ["long", "short"]}).encode()


@pytest.fixture
async def operator(site: Site) -> Visitor:
    visitor = site.visitor()
    await site.hexagon.user(role=Role.ADMIN, email="root@example.org")
    await visitor.sign_in("root@example.org", PASSWORD)
    return visitor


@pytest.fixture
async def ada(site: Site) -> User:
    return await site.hexagon.user(credits=5, email="ada@example.org")


def acts(hexagon: Hexagon) -> list[Action]:
    known = hexagon.memory.state.audit_log
    return [known[each].act.action for each in sorted(known)]


def notice(response: httpx.Response) -> str:
    found = re.search(r'class="notice" role="status">(.*?)</p>', response.text, re.DOTALL)
    assert found
    return unescape(found[1])


async def predicted(site: Site, user: User) -> str:
    made = await site.api.client_of(user).post("/predictions", json=TEXT)
    await site.run_all()
    return str(made.json()["id"])


async def test_only_administrators_see_the_desk(site: Site) -> None:
    stranger, member = site.visitor(), site.visitor()
    await member.register()

    for name in PAGES:
        assert "/app/sign-in" in str((await stranger.get(f"/app/desk/{name}")).url)
        assert (await member.get(f"/app/desk/{name}")).status_code == 403
    assert "/app/desk" not in (await member.get("/")).text
    sent = await member.post("/app/desk/promo-codes", code="MINE", credits="5", limit="5")
    assert sent.status_code == 403
    assert not site.hexagon.memory.state.promo_codes


async def test_every_page_is_there_empty_and_in_both_languages(site: Site, operator: Visitor) -> None:
    assert "/app/desk/overview" in (await operator.get("/")).text
    for language in ("en", "ru"):
        await operator.post("/app/language", language=language, back="/")
        for name in PAGES:
            shown = await operator.get(f"/app/desk/{name}")
            assert shown.status_code == 200, name
            assert f'<html lang="{language}">' in shown.text
            assert "script-src 'self'" in shown.headers["content-security-policy"]


async def test_the_overview_shows_the_figures_and_follows_them(
    site: Site, operator: Visitor, ada: User
) -> None:
    await predicted(site, ada)
    await site.hexagon.keep_figures(Process(id=uuid7(), part=ProcessRole.WORKER))

    shown = (await operator.get("/app/desk/overview")).text
    part = (await operator.get("/app/desk/overview/figures?range=day")).text

    [data] = re.findall(r'data-chart-of="([^"]+)"', shown)
    chart = json.loads(unescape(data))
    assert (len(chart["at"]), chart["accepted"][-1], chart["succeeded"][-1], chart["revenue"][-1]) == (
        60,
        1,
        1,
        1,
    )
    assert chart["whole"] == [0, 58], "the minute that is not over is no part of a line"
    assert shown.count("(so far)</small>") == 1
    assert "Never checked" in shown
    assert part.startswith('<div id="figures"')
    assert 'hx-get="/app/desk/overview/figures?range=day"' in part


async def test_a_latency_above_all_bounds_is_shown_as_such(site: Site, operator: Visitor) -> None:
    site.hexagon.figures_tally.put_back(Figures(succeeded=1, latencies=latencies_of([BOUNDS[-1] + 1])))
    await site.hexagon.keep_figures(Process(id=uuid7(), part=ProcessRole.WORKER))

    shown = (await operator.get("/app/desk/overview")).text

    assert shown.count(f'<td class="number">&gt; {BOUNDS[-1]:g}</td>') == 2


async def test_a_user_is_found_topped_up_once_and_refunded(site: Site, operator: Visitor, ada: User) -> None:
    found = await operator.get("/app/desk/users?q=ADA@")
    assert f"/app/desk/users/{ada.id}" in found.text
    page = await operator.get(f"/app/desk/users?q={ada.id}")
    assert str(page.url).endswith(f"/app/desk/users/{ada.id}")
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert token
    for _ in range(2):  # a double click
        done = await operator.post(f"/app/desk/users/{ada.id}/top-up", credits="1 000", token=token[1])
        assert notice(done) == "The credits were added."
    assert (await site.hexagon.balance_of(ada.id)).available == 1_005

    prediction = await predicted(site, ada)
    refunded = await operator.post(f"/app/desk/users/{ada.id}/refund", prediction=prediction)
    assert notice(refunded) == "The prediction was refunded."
    assert "Refunded: 1" in refunded.text
    again = await operator.post(f"/app/desk/users/{ada.id}/refund", prediction=prediction)
    assert again.status_code == 422
    mistyped = await operator.post(f"/app/desk/users/{ada.id}/refund", prediction="x")
    assert mistyped.status_code == 404
    assert "There is no such prediction." in mistyped.text
    assert acts(site.hexagon) == [Action.TOP_UP, Action.REFUND]
    assert await site.hexagon.balanced()


async def test_a_top_up_is_taken_back_and_a_wrong_number_is_refused(
    site: Site, operator: Visitor, ada: User
) -> None:
    bad = await operator.post(f"/app/desk/users/{ada.id}/top-up", credits="5", token="a\x00")
    assert bad.status_code == 403
    for wrong in ("", "x", "-1", "0", "9" * 30):
        refused = await operator.post(f"/app/desk/users/{ada.id}/top-up", credits=wrong, token=str(uuid7()))
        assert refused.status_code == 422, wrong
    await operator.post(f"/app/desk/users/{ada.id}/top-up", credits="7", payment="a", token="t")
    done = await operator.post(f"/app/desk/users/{ada.id}/take-back", payment="a")
    assert notice(done) == "The credits were taken back."
    assert (await site.hexagon.balance_of(ada.id)).available == 5


async def test_a_user_is_blocked_promoted_and_loses_a_key(site: Site, operator: Visitor, ada: User) -> None:
    here = f"/app/desk/users/{ada.id}"
    made = await site.api.client_of(ada).post("/users/me/api-keys", json={"name": "<b>script</b>"})
    shown = await operator.get(here)
    assert "&lt;b&gt;script&lt;/b&gt;" in shown.text
    assert notice(await operator.post(f"{here}/keys/{made.json()['id']}/revoke")) == "The key was revoked."
    assert notice(await operator.post(f"{here}/block")) == "The user is blocked."
    assert (await site.api.client_of(ada).get("/balance")).status_code == 403
    assert notice(await operator.post(f"{here}/unblock")) == "The user is no longer blocked."
    assert notice(await operator.post(f"{here}/role", role="admin")) == "The user is now an administrator."
    assert acts(site.hexagon) == [Action.REVOKE_KEY, Action.BLOCK, Action.UNBLOCK, Action.CHANGE_ROLE]


async def test_a_model_is_sent_checked_and_rolled_out(site: Site, operator: Visitor) -> None:
    await operator.get("/app/desk/models")
    sent = await operator.client.post(
        "/app/desk/models",
        data={"csrf": operator.csrf, "name": "tone", "row_price": "3"},
        files={"file": ("tone.cbm", MODEL)},
    )
    assert notice(sent) == "The file was received. A worker will now check it."
    assert 'hx-trigger="load delay:1s"' in sent.text
    await site.hexagon.check_model()
    here = "/app/desk/models/tone@2"
    assert "hx-trigger" not in (await operator.get(f"{here}/state")).text

    assert notice(await operator.post(f"{here}/price", row_price="4")) == "The prices were set."
    shared = await operator.post(f"{here}/canary", percent="25")
    assert notice(shared) == "The version serves its share of the users."
    assert "25%" in shared.text
    assert notice(await operator.post(f"{here}/promote")) == "The version is active for everybody."
    assert notice(await operator.post(f"{here}/roll-back")) == "The version was rolled back."
    assert notice(await operator.post(f"{here}/activate")) == "The version is active."
    assert notice(await operator.post("/app/desk/models/tone@1/retire")) == "The version was retired."
    assert (await operator.post(f"{here}/canary", percent="25")).status_code == 422
    assert acts(site.hexagon) == [
        *(Action.UPLOAD_MODEL, Action.CHANGE_MODEL, Action.START_CANARY, Action.PROMOTE_MODEL),
        *(Action.ROLL_BACK_MODEL, Action.CHANGE_MODEL, Action.CHANGE_MODEL),
    ]


async def test_a_price_of_explanations_is_set_kept_and_unset(site: Site, operator: Visitor) -> None:
    here = "/app/desk/models/tone@1"

    async def own_price(**fields: str) -> int | None:
        done = await operator.post(f"{here}/price", **fields)
        assert notice(done) == "The prices were set."
        [model] = await site.hexagon.models.all()
        return model.explain_price

    assert 'name="explain_price" type="number" min="0" value=""' in (await operator.get(here)).text
    assert await own_price(row_price="2", explain_price="7") == 7
    assert 'name="explain_price" type="number" min="0" value="7"' in (await operator.get(here)).text
    assert await own_price(row_price="3") == 7
    assert await own_price(row_price="3", explain_price="") is None


async def test_a_canary_is_charted_beside_the_active_version_and_followed(
    site: Site, operator: Visitor, ada: User
) -> None:
    hexagon = site.hexagon
    for version in (2, 3):
        await hexagon.models.add(a_model(version=version, active=False))
    await predicted(site, ada)
    await hexagon.store_usage()
    await operator.get("/app/desk/models/tone@2")
    await operator.post("/app/desk/models/tone@2/canary", percent="25")
    await site.api.client_of(ada).post("/predictions", json={**TEXT, "model": "tone@2"})
    await site.run_all()
    await hexagon.store_usage()

    for page in ("tone@1", "tone@2"):  # the active version is shown with its canary
        shown = (await operator.get(f"/app/desk/models/{page}")).text
        data = json.loads(unescape(re.findall(r'data-chart-of="([^"]+)"', shown)[0]))
        assert (len(data["at"]), data["whole"]) == (61, [0, 59])
        assert (sum(data["predictions-0"]), sum(data["predictions-1"])) == (1, 1)
        assert (data["failed-1"][0], data["failed-1"][-1], data["p50-1"][0]) == (None, 0.0, None)
        assert 'data-names="tone@1|tone@2"' in shown
        assert '<td class="version">tone@2</td>' in shown
        assert f'hx-get="/app/desk/models/{page}/figures?range=hour&amp;of=tone%401%20tone%402"' in shown
    part = await operator.get("/app/desk/models/tone@2/figures?range=day&of=tone@1 tone@2")
    assert part.text.startswith('<div id="figures"')
    assert "hx-refresh" not in part.headers
    await operator.post("/app/desk/models/tone@3/activate")
    other = await operator.get("/app/desk/models/tone@2/figures?range=day&of=tone@1 tone@2")
    assert other.headers["hx-refresh"] == "true"
    alone = (await operator.get("/app/desk/models/tone@3")).text
    assert 'data-names="tone@3"' in alone
    assert "No predictions in this period." in alone


@pytest.mark.parametrize(("labels", "says_more"), [(MOST_LABELS, False), (MOST_LABELS + 1, True)])
async def test_the_page_says_if_there_are_more_labels_than_it_shows(
    labels: int, says_more: bool, site: Site, operator: Visitor
) -> None:
    version = a_model()
    usage = Usage(succeeded=labels, rows=labels, labels={f"label {each}": 1 for each in range(labels)})
    site.hexagon.store_usage.tally.put_back({version.ref: usage})
    await site.hexagon.store_usage()

    shown = (await operator.get(f"/app/desk/models/{version.ref}")).text

    assert shown.count('scope="rowgroup"') == MOST_LABELS
    assert (f"Only the {MOST_LABELS} most frequent labels are shown." in shown) is says_more


async def test_a_card_is_read_also_of_a_retired_version(site: Site, operator: Visitor) -> None:
    here, made = "/app/desk/models/tone@2", a_model(version=2, active=False)
    await site.hexagon.models.add(made)
    site.hexagon.memory.state.model_cards[made.ref] = encoded(CARD).decode()
    await operator.get(here)
    retired = await operator.post(f"{here}/retire")
    assert f'href="{here}/card"' in retired.text
    card = await operator.get(f"{here}/card")
    assert (card.status_code, "tone@2" in card.text, "<script" in card.text) == (200, True, False)
    assert "sandbox" in card.headers["content-security-policy"]
    russian = await operator.get(f"{here}/card", **{"Accept-Language": "ru"})
    assert "Насколько она хороша" in russian.text
    missing = await operator.get("/app/desk/models/tone@1/card")
    assert (missing.status_code, "has no card" in missing.text) == (404, True)
    assert (await operator.get("/app/desk/models/tone@9/card")).status_code == 404


async def test_a_refused_file_says_why(site: Site, operator: Visitor) -> None:
    async def sent(name: str, content: bytes, csrf: str) -> tuple[int, str]:
        answer = await operator.client.post(
            "/app/desk/models", data={"csrf": csrf, "name": name}, files={"file": ("m.cbm", content)}
        )
        return answer.status_code, answer.text

    await operator.get("/app/desk/models")
    status, text = await sent("Wrong Name", MODEL, operator.csrf)
    assert (status, 'role="alert"' in text) == (422, True)
    assert (await sent("tone", MODEL, "forged"))[0] == 403
    assert (await sent("other", b"no model", operator.csrf))[0] == 200
    await site.hexagon.check_model()
    upload = await site.hexagon.model_uploads.get(a_model("other").ref)
    assert upload
    assert upload.state is ModelState.REFUSED
    assert upload.reason
    for language in LANGUAGES:
        said = texts(language).reason(upload.reason)
        shown = await operator.get("/app/desk/models", **{"Accept-Language": language})
        assert unescape(shown.text).count(said) == 1, language


async def test_dead_letters_are_browsed_replayed_and_dropped(
    site: Site, operator: Visitor, ada: User
) -> None:
    ids, now = [], site.hexagon.clock.now()
    for _ in range(3):
        made = (await site.api.client_of(ada).post("/predictions", json=TEXT)).json()
        ids.append(made["id"])
        task = Task([PredictionId(UUID(made["id"]))])
        site.hexagon.queue.dead.append(Dead(WaitingTask(task, now), now))

    shown = (await operator.get("/app/desk/queue")).text
    assert all(each in shown for each in ids)
    letters = re.findall(r"/app/desk/queue/(\w{32})/replay", shown)
    assert notice(await operator.post(f"/app/desk/queue/{letters[1]}/replay")) == (
        "The messages are on the queue again."
    )
    assert notice(await operator.post(f"/app/desk/queue/{letters[0]}/drop")) == "The messages were dropped."
    assert (await operator.post(f"/app/desk/queue/{letters[0]}/drop")).status_code in (404, 422)
    assert notice(await operator.post("/app/desk/queue/replay")) == "The messages are on the queue again."
    assert "All messages were handled" in (await operator.get("/app/desk/queue")).text
    assert acts(site.hexagon) == [Action.REPLAY, Action.DROP, Action.REPLAY]


async def test_the_books_are_checked_with_progress(site: Site, operator: Visitor) -> None:
    await operator.get("/app/desk/books")
    begun = await operator.post("/app/desk/books/check")
    assert notice(begun) == "The check has started."
    task = site.hexagon.check_books._task
    assert task
    await task
    assert "No deviations" in (await operator.get("/app/desk/books/state")).text


async def test_promo_codes_are_made_and_disabled(site: Site, operator: Visitor) -> None:
    await operator.get("/app/desk/promo-codes")
    made = await operator.post("/app/desk/promo-codes", code="spring", credits="5", limit="9", days="30")
    assert notice(made) == "The promo code was created."
    assert "0 / 9" in made.text
    changed = await operator.post("/app/desk/promo-codes/SPRING", disabled="yes")
    assert notice(changed) == "The promo code was changed."
    assert site.hexagon.memory.state.promo_codes["SPRING"].disabled_at
    wrong = await operator.post("/app/desk/promo-codes", code="!", credits="5", limit="9")
    assert wrong.status_code == 422


async def test_the_audit_log_names_people_and_escapes_what_they_wrote(
    site: Site, operator: Visitor, ada: User
) -> None:
    await operator.get(f"/app/desk/users/{ada.id}")
    await operator.post(f"/app/desk/users/{ada.id}/block")
    await operator.post("/app/desk/promo-codes", code="SPRING", credits="5", limit="9")

    shown = (await operator.get("/app/desk/audit")).text
    assert shown.index("Promo code created</td>") < shown.index("User blocked</td>")
    assert "root@example.org" in shown
    assert "ada@example.org" in shown
    filtered = (await operator.get(f"/app/desk/audit?subject=user:{ada.id}&action=user.block")).text
    assert "Promo code created</td>" not in filtered
    injected = (await operator.get('/app/desk/audit?subject="><script>alert(1)</script>')).text
    assert "<script>alert" not in injected


async def test_a_form_of_another_page_does_nothing(site: Site, operator: Visitor, ada: User) -> None:
    operator.csrf = "0" * 64
    assert (await operator.post(f"/app/desk/users/{ada.id}/block")).status_code == 403
    assert acts(site.hexagon) == []


async def test_webhooks_that_fail_are_listed_without_their_whole_addresses(
    site: Site, operator: Visitor, ada: User
) -> None:
    hexagon, at = site.hexagon, site.hexagon.clock.now()
    assert "No webhook is failing." in (await operator.get("/app/desk/webhooks")).text
    for number in range(22):
        hook = Webhook(
            id=WebhookId(uuid7()),
            user_id=ada.id,
            url=f"https://host{number}.example.org/token-of-ada",
            events=(EventType.PREDICTION_FINISHED,),
            created_at=at,
            failing_since=at,
        )
        hexagon.memory.state.webhooks[hook.id] = hook.disable(DisabledWhy.FAILING, at=at) if number else hook

    shown = (await operator.get("/app/desk/webhooks")).text
    assert "host21.example.org" in shown
    assert "host0.example.org" not in shown
    assert "Disabled after five days of failures" in shown
    assert f"/app/desk/users/{ada.id}" in shown
    assert "token-of-ada" not in shown
    older = re.search(r'href="(/app/desk/webhooks[^"]+)" rel="next"', shown)
    assert older
    last = (await operator.get(older[1])).text
    assert "host0.example.org" in last
    assert "Still being tried" in last
