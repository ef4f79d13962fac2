"""Pages count against the limits of requests in a minute."""

import re

from augury.application.limits import Limits
from tests.hexagon import Hexagon
from tests.inbound.web.site import shown


async def test_pages_count_as_requests_and_a_refused_one_says_when_to_come_back() -> None:
    """A member's pages and API requests count together; scripts and pictures count not at all."""
    async with shown(Hexagon(limits=Limits(user_requests=6))) as site:
        ada, russian = site.visitor(), site.visitor(**{"accept-language": "ru"})
        start = await ada.register()  # the start page is the first
        tokens = await site.api.client().post(
            "/auth/token", json={"email": "ada@example.org", "password": "correct horse"}
        )
        program = site.api.client(Authorization=f"Bearer {tokens.json()['access_token']}")
        assert (await program.get("/balance")).status_code == 200
        for _ in range(4):
            assert (await ada.get("/app/money")).status_code == 200
        refused = await ada.get("/app/predictions")
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert re.search(r"Too many requests\. Wait \d+ second", refused.text)
        assert "/app/sign-out" in refused.text, "it is a whole page"
        assert (await program.get("/balance")).status_code == 429
        asset = re.search(r"/app/assets/own\.\w+\.js", start.text)
        assert asset
        assert (await ada.client.get(asset[0])).status_code == 200

        part = await ada.get("/app/files/new?model=tone", **{"hx-request": "true"})
        assert part.status_code == 429
        again = re.search(r'hx-get="([^"]+)" hx-trigger="load delay:(\d+)s"', part.text)
        assert again
        assert again.groups() == ("/app/files/new?model=tone", part.headers["retry-after"])

        ada.client.cookies.set("augury-language", "ru")
        assert "Слишком много запросов" in (await ada.get("/")).text
        assert (await russian.get("/")).status_code == 200, "others have their own count"


async def test_pages_of_people_without_a_session_count_by_their_address() -> None:
    async with shown(Hexagon(limits=Limits(guest_requests=2))) as site:
        here, there = site.visitor(), site.visitor(peer="203.0.113.9")
        assert [(await here.get("/app/sign-in")).status_code for _ in range(3)] == [200, 200, 429]
        assert (await there.get("/app/sign-in")).status_code == 200
        refused = await here.client.post("/app/sign-in", data={"csrf": here.csrf})
        assert (refused.status_code, "retry-after" in refused.headers) == (429, True)
