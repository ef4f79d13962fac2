"""The limit: an empty Litestar handler on the product's own server, for the same requests.

`python -m tests.bench.empty_app PORT`
"""

import asyncio
import sys
from datetime import timedelta

import uvloop
from litestar import Litestar, post

from augury.bootstrap.http.server import HttpServer, bound_socket
from augury.bootstrap.signals import stop_requested


@post("/predictions/predict", status_code=202)
async def empty() -> None:
    """Answer."""


async def main(port: int) -> None:
    app = Litestar([empty], openapi_config=None)
    await HttpServer(app, before_stop=lambda: None, keep_alive=timedelta(seconds=125)).run_until(
        stop_requested(), bound_socket("127.0.0.1", port)
    )


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1])))
