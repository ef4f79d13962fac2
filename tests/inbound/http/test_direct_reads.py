"""Frequent reads skip the framework. Whatever they answer, its routes answer the same."""

import httpx
import pytest

from augury.domain.identifiers import uuid7
from tests.http_api import TEXT, Api

READS = ["/balance", "/predictions", "/predictions?limit=1", "/predictions?limit=100", "/predictions/{id}"]


async def asked_twice(client: httpx.AsyncClient, url: str) -> tuple[httpx.Response, httpx.Response]:
    """Directly, and in a spelling that the framework alone understands."""
    path, mark, query = url.partition("?")
    return await client.get(url), await client.get(f"{path}/{mark}{query}")


def assert_same(direct: httpx.Response, framework: httpx.Response) -> None:
    assert direct.status_code == framework.status_code
    assert dict(direct.headers) == dict(framework.headers)
    assert direct.json() == framework.json()


@pytest.mark.parametrize("url", READS)
async def test_a_member_gets_the_same(api: Api, url: str) -> None:
    member = await api.member(credits=3)
    ids = [(await member.post("/predictions", json=TEXT)).json()["id"] for _ in range(3)]
    await api.hexagon.run_all()

    direct, framework = await asked_twice(member, url.format(id=ids[0]))

    assert direct.status_code == 200
    assert_same(direct, framework)


@pytest.mark.parametrize("url", READS)
@pytest.mark.parametrize("credential", ["", "Bearer wrong", "Basic dGVzdDp0ZXN0"])
async def test_a_stranger_is_refused_in_the_same_words(api: Api, url: str, credential: str) -> None:
    headers = {"Authorization": credential} if credential else {}
    direct, framework = await asked_twice(api.client(**headers), url.format(id=uuid7()))

    assert direct.status_code in (401, 404)
    assert_same(direct, framework)


async def test_what_is_anothers_is_not_found_either_way(api: Api) -> None:
    mine = await (await api.member(credits=1)).post("/predictions", json=TEXT)

    for url in (f"/predictions/{mine.json()['id']}", f"/predictions/{uuid7()}"):
        direct, framework = await asked_twice(await api.member(), url)
        assert direct.status_code == 404
        assert_same(direct, framework)


async def test_a_guest_reads_a_prediction(api: Api) -> None:
    guest = api.client()
    accepted = await guest.post("/predictions", json=TEXT)

    direct, framework = await asked_twice(guest, f"/predictions/{accepted.json()['id']}")

    assert direct.status_code == 200
    assert_same(direct, framework)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=٣", "limt=3", "limit=3&limit=4", "cursor=x"]
)
async def test_a_wrong_parameter_is_refused(api: Api, query: str) -> None:
    assert (await (await api.member()).get(f"/predictions?{query}")).status_code == 422


async def test_both_count_under_the_same_route(api: Api) -> None:
    member = await api.member(credits=1)
    await asked_twice(member, f"/predictions/{(await member.post('/predictions', json=TEXT)).json()['id']}")

    page = (await (await api.admin()).get("/metrics")).text
    assert (
        'augury_http_requests_total{method="GET",route="/predictions/{prediction_id}",status="200"} 2.0'
        in page
    )
