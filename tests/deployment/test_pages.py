"""The pages through nginx, in a real browser: what a customer and an operator do, each in both languages."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser

from augury.outbound.catboost.metadata import OwnFacts
from tests.browser.conftest import chromium
from tests.browser.journey import (
    KINDS,
    PASSWORD,
    Person,
    at_the_pages,
    makes_a_key,
    redeems,
    refunds,
    registers,
    replays_the_dead_letter_of,
    sends_a_file,
    shifts_the_share,
    tries_a_model,
    uploads_a_model,
)
from tests.catboost_models import CITIES, binary_model
from tests.deployment.project import Project, patiently

__all__ = ["chromium"]
CODE, CREDITS = "COMPOSE", 40


@pytest.fixture(scope="module")
def operators_email(project: Project) -> str:
    """The address of an administrator, who has made a promo code."""
    email = f"{uuid4().hex}@example.org"
    project.augury("user", "create", email, "--password", PASSWORD, "--admin")
    project.augury("promo", "create", CODE, "--credits", str(CREDITS), "--limit", str(len(KINDS)))
    return email


@pytest.fixture(params=KINDS, scope="module")
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def customer(chromium: Browser, project: Project, kind: str) -> Iterator[Person]:
    with at_the_pages(chromium, project.url, kind, shots="compose-") as person:
        yield person


@pytest.fixture
def operator(chromium: Browser, project: Project, kind: str) -> Iterator[Person]:
    with at_the_pages(chromium, project.url, kind, shots="compose-") as person:
        yield person


def test_what_a_customer_does_an_operator_sees(
    project: Project, customer: Person, operator: Person, operators_email: str, kind: str, tmp_path: Path
) -> None:
    """A new person registers, redeems a code, tries a model, sends a file with mistakes, watches it,
    downloads the answers, and makes a key. An operator uploads a model, gives a second version a share,
    refunds a prediction of the customer, and replays a dead letter."""
    email = f"{uuid4().hex}@example.org"
    customer.goes("/")
    registers(customer, email)
    redeems(customer, CODE, CREDITS)
    tries_a_model(customer)
    prediction = customer.page.url.rpartition("/")[2]
    sends_a_file(customer)
    key = makes_a_key(customer)
    with project.client(headers={"Authorization": f"Bearer {key}"}) as program:
        spent = CREDITS - patiently(lambda: program.get("/balance")).json()["available"]

        operator.goes("/app/sign-in")
        operator.enters(operators_email, PASSWORD)
        operator.goes("/app/desk/overview")
        name = f"pages{operator.width}"
        for own in (None, OwnFacts(categories={"city": CITIES})):
            content = binary_model(tmp_path / "model.cbm", own).read_bytes()
            uploads_a_model(operator, name, content, activate=own is None)
        shifts_the_share(operator, 25)
        refunds(operator, email, prediction)
        project.put_a_dead_letter(json.dumps({"prediction_ids": [prediction], "attempt": 1}))
        replays_the_dead_letter_of(operator, prediction)

        after = CREDITS - patiently(lambda: program.get("/balance")).json()["available"]
    assert 0 < after < spent, "the refund, and nothing for the replayed message"
    customer.goes("/app/money")
