"""The limits: empty handlers that answer the same requests. `python -m tests.bench.empty_app PORT KIND`

- `usual`: Litestar under uvicorn, as a user would write it;
- `litestar`: the same handler on the product's own server;
- `bare`: an ASGI function on the product's own server, without a framework.
"""

import asyncio
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import uvicorn
import uvloop
from litestar import Litestar, post
from litestar.types import ASGIApp

from augury.bootstrap.http.server import HttpServer, bound_socket
from augury.bootstrap.signals import stop_requested

KINDS: Sequence[str] = ("usual", "litestar", "bare")


@post("/predictions/predict", status_code=202)
async def empty() -> None:
    """Answer."""


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Read the body and answer."""
    if scope["type"] != "http":
        raise NotImplementedError("it has no lifespan")  # the server then goes on without
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def serve(app: ASGIApp, port: int) -> None:
    """Serve on the product's own server."""
    await HttpServer(app, before_stop=lambda: None, keep_alive=timedelta(seconds=125)).run_until(
        stop_requested(), bound_socket("127.0.0.1", port)
    )


def main(port: int, kind: str) -> None:
    litestar = Litestar([empty], openapi_config=None)
    if kind == "usual":
        uvicorn.run(litestar, port=port, log_level="warning")
        return
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(bare if kind == "bare" else litestar, port))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
