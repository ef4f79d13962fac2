#!/usr/bin/env bash
# openapi-python-client 0.29.0: of an operation whose required body may be JSON or a form, it makes a module that
# cannot be imported: `NameError: name 'Unset' is not defined`. The body is taken for optional, and the name that
# says so is not imported. Exits 0 while that is so.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
cat >openapi.json <<'JSON'
{"openapi": "3.1.0", "info": {"title": "two", "version": "1"},
 "paths": {"/token": {"post": {"operationId": "token", "tags": ["auth"],
  "requestBody": {"required": true, "content": {
   "application/json": {"schema": {"$ref": "#/components/schemas/A"}},
   "application/x-www-form-urlencoded": {"schema": {"$ref": "#/components/schemas/B"}}}},
  "responses": {"204": {"description": "done"}}}}},
 "components": {"schemas": {
  "A": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
  "B": {"type": "object", "required": ["b"], "properties": {"b": {"type": "string"}}}}}}
JSON
python3 -m venv tools && tools/bin/pip install --quiet openapi-python-client==0.29.0 2>/dev/null
tools/bin/openapi-python-client --version
tools/bin/openapi-python-client generate --path openapi.json --output-path client --meta none >/dev/null 2>&1
grep -n "Unset" client/api/auth/token.py | head -3
if tools/bin/python -c "import client.api.auth.token" 2>error; then
  echo "it imports: mended"
  exit 1
fi
tail -n 1 error | tee said
grep -q "name 'Unset' is not defined" said
# Seen: openapi-python-client version: 0.29.0
#       19:    body: A | B | Unset = UNSET,
#       NameError: name 'Unset' is not defined. Did you mean: 'UNSET'?
