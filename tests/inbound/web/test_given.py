"""Values in forms and addresses that no page offers: refused in words, never taken as something else."""

import inspect
import re
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler

from augury.domain.user import Role
from augury.inbound.web.app import ROUTES
from tests.hexagon import PASSWORD
from tests.inbound.web.site import Site, Visitor
from tests.inbound.web.test_files import send
from tests.inbound.web.test_webhooks import made

ODD = ("9" * 5_000, "9" * 19, "-1", "\x00", "²")
_GIVEN = re.compile(r"""(?:query_params|given|form\(\)\)|form|fields)(?:\.get(?:all)?\(|\[)"(\w+)\"""")
_NAMES = re.compile(r"for name in \(([^)]+)\)")
_RAW = re.compile(r"\{\s*\$|\?\?\?|\{\?")
"""A text whose value is missing."""
ENDS_SESSION = ("/app/sign-out", "/app/sign-out-everywhere")


@pytest.fixture
async def operator(site: Site) -> Visitor:
    visitor = site.visitor()
    await site.hexagon.user(role=Role.ADMIN, email="root@example.org", credits=50)
    await visitor.sign_in("root@example.org", PASSWORD)
    visitor.client.follow_redirects = True
    return visitor


async def known(site: Site, operator: Visitor) -> dict[str, str]:
    """A value that exists for each parameter of a path. Others have one that does not exist."""
    await operator.get("/app/models/tone")
    tried = await operator.post("/app/models/tone", f0="hi")
    file = await send(operator)
    await site.run_all()
    root = await site.user_id("root@example.org")
    values = {
        name: at.url.path.rpartition("/")[2] for name, at in (("prediction_id", tried), ("batch_id", file))
    }
    hook = (await made(operator)).rpartition("/")[2]
    await operator.get("/app/desk/trainings")
    table = await operator.client.post(
        "/app/desk/trainings",
        data={"csrf": operator.csrf, "name": "churn", "target": "churn"},
        files={"file": ("churn.csv", b"churn\n1\n")},
    )
    values["training_id"] = table.url.path.rpartition("/")[2]
    site.hexagon.memory.state.audit_log.clear()
    return values | {"webhook_id": hook, "user_id": str(root), "ref": "tone@1", "name": "tone"}


def routes(method: str) -> Iterator[tuple[str, HTTPRouteHandler]]:
    for route in ROUTES:
        assert isinstance(route, HTTPRouteHandler)
        if method in route.http_methods:
            yield from ((path, route) for path in sorted(route.paths) if path not in ENDS_SESSION)


def filled(path: str, values: dict[str, str], otherwise: str) -> str:
    """The path with these values of its parameters."""
    return re.sub(r"\{(\w+):\w+\}", lambda found: quote(values.get(found[1], otherwise), safe=""), path)


def names(route: HTTPRouteHandler) -> list[str]:
    """The names of the values that the route reads, itself or with a function of its module."""
    handler = getattr(route.fn, "__dishka_orig_func__", route.fn)
    own = [
        each
        for name, each in vars(inspect.getmodule(handler)).items()
        if name.startswith("_") and inspect.isfunction(each)
    ]
    source = "".join(map(inspect.getsource, (handler, *own)))
    lists = [re.findall(r'"(\w+)"', each) for each in _NAMES.findall(source)]
    return sorted({*_GIVEN.findall(source), *(name for each in lists for name in each)})


def holds(answer: httpx.Response, what: object) -> None:
    assert answer.status_code < 500, (what, answer.text)
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert not _RAW.search(answer.text), what


async def test_no_address_breaks_a_page(site: Site, operator: Visitor) -> None:
    values = await known(site, operator)
    client = operator.client
    seen: set[str] = set()
    for path, route in routes("GET"):
        for odd in ODD:
            if "{" in path:
                holds(await client.get(filled(path, {}, odd)), (path, odd[:20]))
            for name in names(route):
                seen.add(name)
                answer = await client.get(filled(path, values, "x"), params={name: odd})
                holds(answer, (path, name, odd[:20]))
    assert seen > {"before", "after", "older", "skip", "range", "action", "actor", "status", "row", "format"}


async def test_no_form_breaks_a_page(site: Site, operator: Visitor) -> None:
    values = await known(site, operator)
    client = operator.client
    seen: set[str] = set()
    for path, route in routes("POST"):
        for odd in ODD:
            if "{" in path:
                answer = await client.post(filled(path, {}, odd), data={"csrf": operator.csrf})
                holds(answer, (path, odd[:20]))
            fields = dict.fromkeys(names(route), odd) | {"csrf": operator.csrf}
            seen.update(fields)
            holds(await client.post(filled(path, values, "x"), data=fields), (path, "form", odd[:20]))
    assert seen > {
        "role",
        "credits",
        "payment",
        "percent",
        "row_price",
        "disabled",
        "days",
        "events",
        "language",
    }
    assert await operator.is_signed_in()


FORMS: tuple[tuple[str, dict[str, str], str], ...] = (
    ("/app/desk/users/{user_id}/role", {"role": "owner"}, "not one of the choices"),
    ("/app/desk/users/{user_id}/role", {"role": "guest"}, "not one of the choices"),
    ("/app/desk/users/{user_id}/role", {}, "not one of the choices"),
    ("/app/desk/users/{user_id}/top-up", {"credits": "5,0"}, "is not a whole number"),
    ("/app/desk/users/{user_id}/top-up", {"credits": "5", "payment": "a" * 201}, "longer than 200"),
    ("/app/desk/users/{user_id}/take-back", {"credits": "all", "payment": "a"}, "is not a whole number"),
    ("/app/desk/models/{ref}/price", {"row_price": "x"}, "is not a whole number"),
    ("/app/desk/models/{ref}/canary", {"percent": "0.5"}, "is not a whole number"),
    ("/app/desk/promo-codes", {"code": "MAY", "credits": "5", "limit": "5", "days": "soon"}, "whole number"),
    ("/app/desk/promo-codes", {"code": "MAY", "credits": "5", "limit": "5", "days": "99999"}, "from 1 to"),
    ("/app/desk/promo-codes", {"code": "MAY", "credits": "5", "limit": "5", "days": "0"}, "from 1 to"),
    ("/app/desk/promo-codes/SPRING", {"disabled": "maybe"}, "not one of the choices"),
    ("/app/keys", {"name": "a", "days": "31"}, "not one of the choices"),
    ("/app/keys", {"name": "a", "scopes": "admin"}, "not one of the choices"),
    ("/app/keys", {"name": "a", "model": "a" * 200}, "longer than 128"),
    ("/app/webhooks", {"url": "https://example.org/", "events": "all"}, "not one of the choices"),
    ("/app/webhooks", {"url": "https://example.org/" + "a" * 2_000}, "longer than 2,000"),
    ("/app/webhooks/{webhook_id}/switch", {"enabled": "on"}, "not one of the choices"),
    ("/app/account/password", {"current": "a", "new": "b", "end_api_keys": "no!"}, "not one of the choices"),
    ("/app/models/{name}", {"f0": "a", "explain": "on"}, "not one of the choices"),
    ("/app/models/{name}", {"f0": "a", "told": "1"}, "not one of the choices"),
    ("/app/models/{name}", {"f0": "a", "told": "1-two-1"}, "is not a whole number"),
    ("/app/money/redeem", {"code": "SPRING" * 20}, "longer than 64"),
    ("/app/language", {"language": "de"}, "not one of the choices"),
)
ADDRESSES = (
    *("/app/desk/overview?range=year", "/app/desk/overview/figures?range=1", "/app/desk/queue?skip=-1"),
    *("/app/desk/audit?action=all", "/app/desk/audit?before=x", "/app/desk/webhooks?before=x"),
    *("/app/desk/trainings?before=x",),
    *("/app/desk/users?after=x", "/app/desk/users/{user_id}?before=x", "/app/desk/users/{user_id}?older=x"),
    *("/app/desk/promo-codes?after=%00", "/app/desk/audit?subject=%00"),
    *("/app/predictions?status=done", "/app/predictions/{prediction_id}/explanation.svg?row=-1"),
    *("/app/files/{batch_id}/results?format=xlsx", "/app/money/statement?before=x"),
)


async def test_what_a_page_does_not_offer_is_refused_in_words_and_changes_nothing(
    site: Site, operator: Visitor
) -> None:
    values = {f"{{{name}}}": value for name, value in (await known(site, operator)).items()}

    def at(path: str) -> str:
        return re.sub(r"\{\w+\}", lambda found: values[found[0]], path)

    await site.hexagon.create_promo_code(code="SPRING", credits=5, limit=5)
    users, codes = dict(site.hexagon.memory.state.users), dict(site.hexagon.memory.state.promo_codes)
    for path, fields, sentence in FORMS:
        refused = await operator.post(at(path), **fields)
        assert (refused.status_code, sentence in refused.text) == (422, True), (path, fields, refused.text)
    for path in ADDRESSES:
        refused = await operator.get(at(path))
        assert (refused.status_code, "not one of the choices" in refused.text) == (422, True), path
    state = site.hexagon.memory.state
    assert (state.users, state.promo_codes, state.audit_log) == (users, codes, {})
    assert not state.api_keys
    assert len(state.webhooks) == 1


async def test_who_is_nobody_is_not_called_closed(operator: Visitor) -> None:
    for page in ("/app/desk/users/{}", "/app/desk/users/{}?older=" + "0" * 32):
        missing = await operator.get(page.format("0" * 32))
        assert missing.status_code == 404
        assert "There is no such account." in missing.text
    long = await operator.get("/app/desk/models/tone@" + "9" * 5_000)
    assert (long.status_code, "“tone@9999" in long.text) == (404, True)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", "/app/sign-in", {"GET", "HEAD", "OPTIONS", "POST"}),
    ],
)
async def test_a_method_that_a_page_does_not_have_is_answered_with_those_that_it_has(
    site: Site, method: str, path: str, allowed: set[str]
) -> None:
    answer = await site.visitor().client.request(method, path)

    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allowed
