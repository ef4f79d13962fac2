"""A user with credits who requests predictions, one after another, whatever happens to the service."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

import httpx

from tests.deployment.project import SELDOM, Project, patiently
from tests.processes import eventually

FINAL = {"succeeded", "failed", "canceled", "expired"}
THREADS = 4
PASSWORD = "a password of the tests"


@dataclass
class Account:
    project: Project
    email: str
    token: str
    accepted: dict[str, None] = field(default_factory=dict)
    """The ids of accepted predictions, in order."""

    @classmethod
    def opened(cls, project: Project, credits: int) -> "Account":
        email = f"{uuid4().hex}@example.org"
        project.augury("user", "create", email, "--password", PASSWORD)
        project.augury("user", "top-up", email, str(credits))
        with project.client() as client:
            signed_in = {"email": email, "password": PASSWORD}
            answer = patiently(lambda: client.post("/auth/token", json=signed_in))
        assert answer.status_code == 200, answer.text
        return cls(project, email, answer.json()["access_token"])

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        with self.project.client(headers=self.headers) as client:
            yield client

    def predict(self, client: httpx.Client, text: str) -> None:
        """Request one prediction, and repeat the request under the same key until it is accepted."""
        key = {"Idempotency-Key": uuid4().hex}
        body = {"data": {"text": text}}
        answer = patiently(lambda: client.post("/predictions", json=body, headers=key))
        assert answer.status_code == 202, answer.text
        self.accepted[answer.json()["id"]] = None

    def balance(self) -> dict[str, int]:
        with self.client() as client:
            answer: dict[str, int] = patiently(lambda: client.get("/balance")).json()
        return answer

    def predictions(self) -> dict[str, dict[str, Any]]:
        """All predictions, by id."""
        found: dict[str, dict[str, Any]] = {}
        parameters: dict[str, Any] = {"limit": 100}
        with self.client() as client:
            while True:
                answer = patiently(lambda: client.get("/predictions", params=parameters))
                assert answer.status_code == 200, answer.text
                page = answer.json()
                found |= {each["id"]: each for each in page["items"]}
                if page["next_cursor"] is None:
                    return found
                parameters["cursor"] = page["next_cursor"]

    def everything_ended(self) -> dict[str, dict[str, Any]]:
        """All predictions, once they are final."""

        def ended() -> dict[str, dict[str, Any]] | None:
            found = self.predictions()
            return found if all(each["status"] in FINAL for each in found.values()) else None

        got: dict[str, dict[str, Any]] = eventually(ended, 300, "the end of every prediction", every=SELDOM)
        return got

    @contextmanager
    def asking(self, at_least: int) -> Iterator[None]:
        """Request predictions while the block runs, and after it until `at_least` are accepted."""
        numbers, enough = count(), threading.Event()
        failures: list[BaseException] = []

        def ask() -> None:
            with self.client() as client:
                while not (enough.is_set() and len(self.accepted) >= at_least):
                    try:
                        self.predict(client, f"text {next(numbers)}")
                    except BaseException as error:  # shown by the test, not lost with its thread
                        failures.append(error)
                        return
                    enough.wait(0.2)  # so few per second that nginx accepts them all

        threads = [threading.Thread(target=ask) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            enough.set()
            for thread in threads:
                thread.join()
        assert not failures, failures[0]

    def nothing_was_lost(self, credits: int) -> None:
        """Check that every accepted prediction succeeded and was charged once."""
        ended = self.everything_ended()
        assert set(ended) == set(self.accepted)
        assert {each["status"] for each in ended.values()} == {"succeeded"}
        assert self.balance() == {"available": credits - len(ended), "held": 0}
        self.project.books_verify()
