#!/usr/bin/env bash
# Litestar 2.25.0: with `cors_config`, the answer to a request with an `Origin` has `Vary: Origin` and nothing else.
# What the handler named is lost, and so is the `Accept-Encoding` of Litestar's own compression. RFC 9110 (12.5.5)
# lets a cache answer a later request without asking the server if the headers in `Vary` are the same: behind a shared
# cache, a client that cannot decompress gets gzip, and a German gets the English page. Without an `Origin`, the same
# route names the two headers, but not `Origin`, so that a cache also hands this answer to pages of other origins,
# which then may not read it. Expected: `Origin` is added, in both cases.
#
# Seen with Python 3.11 (a page in two languages):
#   litestar 2.25.0
#   no CORS: gzip, Vary: Accept-Language,Accept-Encoding
#   CORS, a request with Origin: gzip, Vary: Origin
#   CORS, a request without Origin: gzip, Vary: Accept-Language,Accept-Encoding
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet litestar==2.25.0
"$work/venv/bin/python" - <<'PYTHON' | tee "$work/seen"
import asyncio
from importlib.metadata import version

from litestar import Litestar, MediaType, Request, Response, get
from litestar.config.compression import CompressionConfig
from litestar.config.cors import CORSConfig

PAGE = "https://pages.example"


@get("/", media_type=MediaType.TEXT)
async def greeting(request: Request) -> Response[str]:
    german = request.headers.get("accept-language") == "de"
    return Response(("Guten Tag! " if german else "Good day! ") * 100, headers={"Vary": "Accept-Language"})


async def answered(cors, *headers):
    """The encoding of the answer, and its `Vary`."""
    app = Litestar([greeting], cors_config=cors, compression_config=CompressionConfig("gzip"), openapi_config=None)
    scope = {
        "type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "root_path": "",
        "scheme": "http", "http_version": "1.1", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 5000),
        "headers": [(b"accept-encoding", b"gzip"), *headers], "state": {}, "asgi": {"version": "3.0"},
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    found = [(name.lower(), value.decode()) for name, value in sent[0]["headers"]]
    varies = ",".join(value for name, value in found if name == b"vary")
    return f"{dict(found)[b'content-encoding']}, Vary: {varies}"


async def main():
    cors = CORSConfig(allow_origins=[PAGE])
    print("litestar", version("litestar"))
    print("no CORS:", await answered(None, (b"origin", PAGE.encode())))
    print("CORS, a request with Origin:", await answered(cors, (b"origin", PAGE.encode())))
    print("CORS, a request without Origin:", await answered(cors))


asyncio.run(main())
PYTHON
diff "$work/seen" - <<'SEEN'
litestar 2.25.0
no CORS: gzip, Vary: Accept-Language,Accept-Encoding
CORS, a request with Origin: gzip, Vary: Origin
CORS, a request without Origin: gzip, Vary: Accept-Language,Accept-Encoding
SEEN
