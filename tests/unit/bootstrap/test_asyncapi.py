import json
import os
import subprocess
import sys
from typing import Any

import pytest
from faststream.rabbit import RabbitBroker

from augury.bootstrap.asyncapi import asyncapi_document


def test_the_document_names_what_goes_over_the_broker() -> None:
    document = asyncapi_document()

    assert document["asyncapi"] == "3.0.0"
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == {"ml_tasks", "ml_tasks.bulk", "predictions.finished"}


def test_the_document_says_what_a_message_looks_like() -> None:
    schemas = asyncapi_document()["components"]["schemas"]

    assert set(schemas["Task"]["properties"]) == {"prediction_ids", "attempt"}
    assert set(schemas["Ended"]["properties"]) == {"prediction_id", "user_id", "status", "ending"}
    assert "type" not in schemas["Ending"]["properties"]["output"], "it is any JSON"


def test_the_document_is_json_and_tells_nothing_of_where_it_was_made() -> None:
    text = json.dumps(asyncapi_document())

    assert "guest" not in text
    assert "localhost" not in text


def test_every_process_writes_the_same_document() -> None:
    program = "import json; from augury.bootstrap.asyncapi import *; print(json.dumps(asyncapi_document()))"
    documents = {
        subprocess.check_output([sys.executable, "-c", program], env=os.environ | {"PYTHONHASHSEED": seed})
        for seed in ("1", "5")
    }
    assert len(documents) == 1


def test_the_document_does_not_depend_on_the_order_of_the_subscribers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    documents = set()
    for backwards in (False, True):

        def subscribers(broker: RabbitBroker, *, reverse: bool = backwards) -> list[Any]:
            return sorted(broker._subscribers, key=lambda each: each.queue.name, reverse=reverse)

        monkeypatch.setattr(RabbitBroker, "subscribers", property(subscribers))
        documents.add(json.dumps(asyncapi_document()))

    assert len(documents) == 1
