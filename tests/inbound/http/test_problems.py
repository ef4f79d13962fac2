import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from augury.application.models.ports.models import Models
from augury.application.ports import Unavailable
from augury.domain.errors import DomainError
from augury.domain.identifiers import UserId
from augury.domain.model import Model
from augury.domain.transfer import BooksDisagree
from augury.inbound.http.problems import refusals
from augury.inbound.http.problems.kinds import KINDS, SUBJECTS
from augury.inbound.http.problems.refusals import FRAMEWORK, Kind
from augury.outbound.memory.models import MemoryModels
from tests.hexagon import Hexagon
from tests.http_api import PROBLEM, TEXT, Api, is_problem, serving

ROOT = Path(__file__).parents[3]


def subclasses(error: type[DomainError]) -> Iterator[type[DomainError]]:
    for each in error.__subclasses__():
        yield each
        yield from subclasses(each)


def test_every_domain_error_is_a_kind_of_problem() -> None:
    domain = {each for each in subclasses(DomainError) if each.__module__.startswith("augury.")}

    assert domain - set(KINDS) == set()
    assert len(domain) > 20


def test_each_kind_of_problem_belongs_to_one_subject() -> None:
    assert sum(len(subject.KINDS) for subject in SUBJECTS) == len(KINDS)


def test_what_a_problem_tells_is_what_its_error_knows() -> None:
    for error, kind in KINDS.items():
        fields = {field.name for field in dataclasses.fields(error)}
        assert set(kind.fields.values()) <= fields, error
        assert not set(kind.fields) & {"type", "title", "status", "detail"}, error


def test_a_problem_has_one_name_and_one_status() -> None:
    by_name: dict[str, set[int]] = {}
    for kind in KINDS.values():
        by_name.setdefault(kind.name, set()).add(kind.status)

    assert all(len(statuses) == 1 for statuses in by_name.values())
    assert len(by_name) == len(KINDS)


def test_nginx_names_its_refusals_as_the_api_does() -> None:
    conf = (ROOT / "nginx/nginx.conf").read_text()
    maps = {
        name: dict(re.findall(r'^ +(\d{3}) "?([^";]+)"?;$', block, re.MULTILINE))
        for name, block in re.findall(r"map \$status \$(\w+) \{(.*?)\n    \}", conf, re.DOTALL)
    }
    names, titles = maps["problem_name"], maps["problem_title"]
    assert set(names) == set(titles)
    own = [each for each in (*vars(refusals).values(), *FRAMEWORK.values()) if isinstance(each, Kind)]
    shared = {str(each.status) for each in own if each.status in (400, 404, 405, 408, 413, 414, 429, 431)}
    assert shared <= set(names)
    for status in shared | {"503"}:
        assert (names[status], titles[status]) in {
            (each.name, each.title) for each in own if each.status == int(status)
        }, status


async def test_an_unknown_path_is_a_problem(api: Api) -> None:
    assert is_problem(await api.client().get("/nowhere"), 404, "not-found")
    assert is_problem(await api.client().get("/api/nowhere"), 404, "not-found")


async def test_a_wrong_method_is_a_problem_that_names_the_right_ones(api: Api) -> None:
    for method in ("PUT", "PATCH", "TRACE"):
        response = await api.client().request(method, "/predictions")

        assert is_problem(response, 405, "method-not-allowed")
        assert {"GET", "POST"} <= set(response.headers["allow"].split(", "))


async def test_a_refusal_for_want_of_a_credential_says_which_kind_is_wanted(api: Api) -> None:
    response = await api.client().get("/balance")

    assert is_problem(response, 401, "sign-in-required")
    assert response.headers["www-authenticate"] == "Bearer"


async def test_not_enough_credits_says_how_many_there_are_and_how_many_it_takes(api: Api) -> None:
    member = await api.member(credits=1)

    response = await member.post("/predictions", json={"data": [{"text": "a"}, {"text": "b"}]})

    assert is_problem(response, 402, "not-enough-credits")
    assert (response.json()["available"], response.json()["price"]) == (1, 2)


@dataclass(frozen=True, slots=True)
class BrokenModels(MemoryModels):
    """Raises `error` at every read."""

    error: Exception

    async def get(self, name: str, *, user_id: UserId | None = None) -> Model:
        raise self.error

    async def all(self) -> list[Model]:
        raise self.error


async def test_what_cannot_be_reached_is_a_503_with_a_time_to_come_again(hexagon: Hexagon) -> None:
    models = BrokenModels(hexagon.memory, Unavailable("postgres at 10.0.0.5"))
    async with serving(hexagon, overrides={Models: models}) as api:
        for response in (
            await api.client().get("/models"),
            await api.client().post("/predictions", json=TEXT),
        ):
            assert is_problem(response, 503, "unavailable")
            assert int(response.headers["retry-after"]) > 0
            assert "10.0.0.5" not in response.text


async def test_an_unforeseen_error_tells_nothing_of_itself(
    hexagon: Hexagon, caplog: pytest.LogCaptureFixture
) -> None:
    models = BrokenModels(hexagon.memory, RuntimeError("secret detail"))
    async with serving(hexagon, overrides={Models: models}) as api:
        response = await api.client().get("/models")

    assert is_problem(response, 500, "internal-error")
    assert "secret detail" not in response.text
    assert "Traceback" not in response.text
    assert "secret detail" in caplog.text


async def test_a_broken_invariant_is_nobodys_business_but_the_log(hexagon: Hexagon) -> None:
    async with serving(
        hexagon, overrides={Models: BrokenModels(hexagon.memory, BooksDisagree("held"))}
    ) as api:
        response = await api.client().get("/models")

    assert is_problem(response, 500, "internal-error")
    assert "held" not in response.text


async def test_a_host_that_is_none_changes_nothing_about_an_answer(hexagon: Hexagon) -> None:
    away = BrokenModels(hexagon.memory, BooksDisagree("held"))
    async with serving(hexagon, overrides={Models: away}) as api:
        for path in ("/predictions", "/predictions/"):
            response = await api.client().post(path, json=TEXT, headers={"Host": "a:b:c"})

            assert is_problem(response, 500, "internal-error")


async def test_every_answer_carries_the_security_headers(api: Api) -> None:
    for path in ("/models", "/nowhere", "/balance", "/api/docs"):
        headers = (await api.client().get(path)).headers

        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "server" not in headers


async def test_no_refusal_is_ever_html(api: Api) -> None:
    for method, path in (("GET", "/"), ("GET", "/api"), ("POST", "/api/docs"), ("GET", "/api/docs/none.js")):
        response = await api.client().request(method, path, headers={"Accept": "text/html"})
        if response.status_code >= 400:
            assert response.headers["content-type"] == PROBLEM
