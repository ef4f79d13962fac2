#!/usr/bin/env bash
# tritonclient 2.73.0, HTTP: `infer` writes `Inference-Header-Content-Length` (and `Content-Encoding`, when it
# compresses) into the caller's own dictionary of headers, and never removes it. A later call with the same dictionary
# and JSON tensors announces the length of the earlier call's JSON: a server that trusts the header reads a broken
# request. If a caller reuses one dictionary with its credential, and mixes binary and JSON tensors, its calls fail.
#
# Seen with Python 3.11:
#   tritonclient 2.73.0
#   headers after a call with binary tensors: ['Authorization', 'Inference-Header-Content-Length']
#   JSON call with the same headers: announces 150 bytes of JSON, sends 127
#   JSON call with fresh headers: announces None bytes of JSON, sends 127
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "tritonclient[http]==2.73.0"
"$work/venv/bin/python" - <<'PYTHON'
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import numpy as np
import tritonclient.http as triton

SEEN = []


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        size = int(self.headers["Content-Length"])
        self.rfile.read(size)
        SEEN.append((self.headers["Inference-Header-Content-Length"], size))
        answer = b'{"model_name": "m", "model_version": "1", "outputs": []}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Echo)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = triton.InferenceServerClient(f"127.0.0.1:{server.server_port}")


def call(headers, binary):
    values = np.array([1.5])
    tensor = triton.InferInput("x", values.shape, "FP64").set_data_from_numpy(values, binary_data=binary)
    wanted = [triton.InferRequestedOutput("y")]
    client.infer("m", [tensor], headers=headers, outputs=wanted)


mine = {"Authorization": "Bearer key"}
print("tritonclient", version("tritonclient"))
call(mine, True)
print("headers after a call with binary tensors:", sorted(mine))
call(mine, False)
call({"Authorization": "Bearer key"}, False)
print("JSON call with the same headers: announces %s bytes of JSON, sends %s" % SEEN[1])
print("JSON call with fresh headers: announces %s bytes of JSON, sends %s" % SEEN[2])
assert "Inference-Header-Content-Length" in mine and SEEN[1][0] == SEEN[0][0] != str(SEEN[1][1]), "mended"
assert SEEN[2][0] is None
PYTHON
