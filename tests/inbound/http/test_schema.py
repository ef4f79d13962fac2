"""Every operation of the OpenAPI document, with valid and invalid data that is generated from it.

No answer is a 5xx, and none has a status, a media type, a header or a shape that the document does not have.
"""

import asyncio
import itertools
import json
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from litestar import Litestar
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from augury.application.limits import Limits
from augury.bootstrap.http.server import HttpServer, bound_socket
from augury.domain.user import Role
from augury.domain.webhook import EventType
from augury.inbound.http.app import create_app, openapi
from augury.outbound.jwt_tokens import JwtAccessTokens, JwtSettings
from tests.hexagon import Hexagon
from tests.http_api import SECRET, SETTINGS, http_container
from tests.patience import patience
from tests.quick_app import routes_registered_once

FREELY = 10**9
LIMITS = Limits(sign_ins_per_minute=FREELY, registrations_per_hour=FREELY, redeems_per_minute=FREELY)
EXAMPLES = {Role.ADMIN: 20, Role.GUEST: 8}
"""For each operation, in addition to the boundary values that schemathesis adds, which find most. Most
operations refuse guests whatever they send."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
KEPT = "_hypothesis_internal_use_settings"
"""Where a test of hypothesis keeps its settings, which cannot be set twice in the documented way."""
Answer = TypeVar("Answer")


def make_app(hexagon: Hexagon) -> Litestar:
    """No worker runs its predictions, so requests must not wait for them, and streams end soon."""
    settings = replace(SETTINGS, max_wait=timedelta(0), stream_lifetime=timedelta(milliseconds=1))
    with routes_registered_once():
        return create_app(container=http_container(hexagon), settings=settings)


class Service:
    """The HTTP side over memory, served by a separate thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="service", daemon=True)
        self._thread.start()
        self._listener = bound_socket("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.run(self._start())
        self.session = requests.Session()
        self.session.trust_env = False  # otherwise each request looks for proxies in the whole environment
        self._turns = itertools.count()

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30 * patience())

    async def _start(self) -> None:
        self.hexagon = Hexagon(LIMITS)
        self._tokens = JwtAccessTokens(JwtSettings(secret=SECRET), self.hexagon.clock)
        self._stop = asyncio.Event()
        server = HttpServer(
            make_app(self.hexagon),
            before_stop=self.hexagon.wait_for_prediction.stop,
            keep_alive=SETTINGS.keep_alive,
        )
        self._serving = asyncio.create_task(server.run_until(self._stop, self._listener))

    def stop(self) -> None:
        self.session.close()
        self.run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30 * patience())
        self._loop.close()
        self._listener.close()

    async def _end(self) -> None:
        self._stop.set()
        await self._serving

    def caller(self, role: Role) -> tuple[dict[str, str], dict[str, str]]:
        """The credential of a new user, and, every other time, the ids of that user's objects."""
        return self.run(self._caller(role))

    async def _caller(self, role: Role) -> tuple[dict[str, str], dict[str, str]]:
        hexagon = self.hexagon
        hexagon.memory.state.models[hexagon.model.ref] = hexagon.model  # undo changes to the model
        if role is Role.GUEST:
            return {}, {}
        user = await hexagon.user(credits=100, role=role)
        credential = {"Authorization": f"Bearer {self._tokens.issue(user.id)}"}
        turn = next(self._turns)
        if turn % 2:
            return credential, {}
        prediction = await hexagon.request_prediction(user.id)
        if turn % 4:
            await hexagon.run_all()
        key, _ = await hexagon.create_api_key(user_id=user.id, name="n")
        url = "https://receiver.example.org/"
        hook, _ = await hexagon.create_webhook(user_id=user.id, url=url, events=[EventType.BATCH_FINISHED])
        known = {"prediction_id": prediction.id, "user_id": user.id, "key_id": key.id, "webhook_id": hook.id}
        names = {"ref": "tone@1", "name": "tone"}
        return credential, names | {name: str(each) for name, each in known.items()}


@pytest.fixture
def service() -> Iterator[Service]:
    """A new one for each test: every transaction over memory copies all records, so what the callers of a
    hundred operations leave behind would cost more than the requests."""
    made = Service()
    yield made
    made.stop()


schema = schemathesis.openapi.from_dict(json.loads(openapi(base_path="")))
OPERATIONS = {found.ok().label: found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)}


def answers_as_described(case: schemathesis.Case[Any], service: Service, role: Role) -> None:
    credential, known = service.caller(role)
    generated = dict(case.path_parameters or {})
    for name in set(generated) & set(known):
        case.path_parameters[name] = known[name]

    response = case.call(
        base_url=service.url, headers=credential, timeout=10 * patience(), session=service.session
    )
    service.session.cookies.clear()

    # An inference that does not wait is not answered in time, and its clients take only 200 for an answer.
    late = response.status_code == 504 and case.path.endswith("/infer")
    checks = [check for check in CHECKS if not (late and check is not_a_server_error)]
    case.validate_response(response, checks=checks)
    if generated:
        case.path_parameters.update(generated)  # the next role begins with what this one began with


@cache
def _test_of(label: str) -> Callable[..., None]:
    """What `schema.parametrize()` makes, for one operation, when it is needed: each worker of a run would
    make the boundary values of all operations, for as long as the tests of twenty operations take. Both roles
    share them."""

    @settings(
        max_examples=max(EXAMPLES.values()),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def as_described(case: schemathesis.Case[Any], service: Service, role: Role) -> None:
        answers_as_described(case, service, role)

    test: Callable[..., None] = build_operation_test(
        config=schema.config,
        operation=OPERATIONS[label],
        test_func=as_described,
        given_kwargs={},
        feedback=FeedbackSources(),
    )
    return test


def test_every_operation_is_tried() -> None:
    assert len(OPERATIONS) == len(list(schema.get_all_operations()))


@pytest.mark.parametrize("label", OPERATIONS)
@pytest.mark.parametrize("role", [Role.ADMIN, Role.GUEST])
def test_every_operation_answers_as_it_is_described(label: str, role: Role, service: Service) -> None:
    test = _test_of(label)
    setattr(test, KEPT, settings(getattr(test, KEPT), max_examples=EXAMPLES[role]))
    test(service=service, role=role)
