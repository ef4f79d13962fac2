"""Requests of the Open Inference Protocol for tests."""

import asyncio
import json
import struct
from collections.abc import Sequence
from typing import Any

import httpx

from tests.http_api import Api

TONE = "/v2/models/tone/infer"
HEADER = "Inference-Header-Content-Length"


def tensor(name: str, datatype: str, data: Sequence[Any], *shape: int) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": list(shape or [len(data)]), "data": data}


def texts(*found: str) -> dict[str, Any]:
    return {"inputs": [tensor("text", "BYTES", found)]}


def in_bytes(request: dict[str, Any], *parts: bytes) -> tuple[bytes, dict[str, str]]:
    """The request with these bytes instead of its inputs' data, and the header that it needs."""
    inputs = [
        {key: value for key, value in each.items() if key != "data"}
        | {"parameters": {"binary_data_size": len(part)}}
        for each, part in zip(request["inputs"], parts, strict=True)
    ]
    head = json.dumps(request | {"inputs": inputs}).encode()
    return head + b"".join(parts), {HEADER: str(len(head))}


def prefixed(*found: str) -> bytes:
    """BYTES elements in binary form."""
    raw = [each.encode() for each in found]
    return b"".join(struct.pack("<I", len(each)) + each for each in raw)


async def inferred(
    api: Api,
    client: httpx.AsyncClient,
    request: dict[str, Any] | bytes,
    url: str = TONE,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """The answer to the request, which a worker runs meanwhile."""
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    answering = asyncio.create_task(client.post(url, content=body, headers=headers or {}))
    while not answering.done():
        if api.hexagon.wait_for_prediction._waiting:  # the answer is awaited, so its end is heard
            await api.hexagon.run_all()
        await asyncio.sleep(0)
    return await answering


def data_of(response: httpx.Response, name: str) -> list[Any]:
    assert response.status_code == 200, response.text
    [found] = [each for each in response.json()["outputs"] if each["name"] == name]
    data: list[Any] = found["data"]
    return data
