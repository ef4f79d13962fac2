"""Clients that common generators make from the API's own description."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.processes import Service
from tests.trained_tone import TrainedTone

BATCHES = Path(__file__).parents[2] / "docs" / "batches.md"
PYTHON_GENERATOR = "openapi-python-client==0.29.0"
TYPESCRIPT = ["openapi-typescript@7.9.1", "typescript@5.9.3"]
PASSWORD = "correct horse battery"
PYTHON_CLIENT = """
import sys
from augury_client.api.balance import balance
from augury_client.api.predictions import list_predictions, submit_predict
from augury_client.api.sign_in import register, token
from augury_client.client import AuthenticatedClient, Client
from augury_client.models import *

url, email, password = sys.argv[1:]
signed_in = token.sync(client=Client(url), body=Credentials(email=email, password=password))
assert isinstance(signed_in, TokenView), signed_in
client = AuthenticatedClient(url, token=signed_in.access_token)
rows = [SubmissionDataType1Item.from_dict({"text": text}) for text in ("Отлично!", "Ужасно.")]
asked = Submission(data=rows, model="tone")
done = submit_predict.sync(client=client, body=asked, prefer="wait=30", idempotency_key="once")
assert isinstance(done, PredictionView), done
assert done.status == Status.SUCCEEDED, done
assert [type(answer) for answer in done.output] == [Answer, Answer], done.output
assert all(isinstance(answer.label, str) for answer in done.output)
assert sum(done.output[0].probabilities.to_dict().values()) > 0.99
left = balance.sync(client=client)
assert (done.charged, left.available, left.held) == (2, 3, 0), (done, left)
page = list_predictions.sync(client=client, limit=5)
assert [each.id for each in page.items] == [done.id]
print("paid", done.charged)
"""
TYPESCRIPT_CLIENT = """
import type { components, paths } from "./api";

type Prediction = components["schemas"]["PredictionView"];
type Submit = paths["/predictions/predict"]["post"];
type Body = Submit["requestBody"]["content"]["application/json"];
const asked: Body = { data: [{ text: "a", size: 1.5, old: null }] };

export async function labels(url: string, key: string): Promise<(string | undefined)[]> {
  const answer = await fetch(`${url}/predictions/predict`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${key}`, Prefer: "wait=30" },
    body: JSON.stringify(asked),
  });
  if (!answer.ok) {
    const problem: components["schemas"]["Problem"] = await answer.json();
    throw new Error(problem.detail);
  }
  const prediction: Prediction = await answer.json();
  const output = prediction.output;
  if (output === null) return [];
  const rows = Array.isArray(output) ? output : [output];
  const first: number | undefined = rows[0]?.probabilities?.["positive"];
  return first === undefined ? [] : rows.map((row) => row?.label);
}

// @ts-expect-error: a row is an object, not a number
const wrong: Body = { data: 5 };
export default wrong;
"""


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from augury.inbound.http.app import openapi

    file = tmp_path_factory.mktemp("description") / "openapi.json"
    file.write_bytes(openapi(base_path=""))
    return file


def ran(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_generated_python_client_makes_a_paid_prediction(
    database_url: str, rabbitmq_url: str, tone: TrainedTone, description: Path, tmp_path: Path
) -> None:
    # The generator needs this configuration to send files of these types. docs/batches.md has it.
    config = re.search(r"```yaml\n(content_type_overrides:.*?)```", BATCHES.read_text(), re.DOTALL)
    assert config
    (tmp_path / "config.yaml").write_text(config[1])
    said = ran(
        *("uv", "tool", "run", "--from", PYTHON_GENERATOR, "openapi-python-client", "generate"),
        *("--path", description, "--output-path", tmp_path / "augury_client", "--meta", "none"),
        *("--config", "config.yaml"),
        cwd=tmp_path,
    )
    assert "WARNING" not in said.upper(), said
    script = tmp_path / "script.py"
    script.write_text(PYTHON_CLIENT)
    with Service(database_url, rabbitmq_url, tmp_path) as service:
        tone.offer(service)
        service.worker()
        service.api()
        account = {"email": "ada@example.org", "password": PASSWORD}
        httpx.post(f"{service.url}/auth/register", json=account).raise_for_status()
        service.augury("user", "top-up", account["email"], "5")
        told = ran(sys.executable, script, service.url, account["email"], PASSWORD, cwd=tmp_path)

    assert told == "paid 2\n"


def test_a_generated_typescript_client_compiles_strictly(description: Path, tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        assert "CI" not in os.environ, "no npm"
        pytest.skip("no npm")
    quiet = ["--silent", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    ran("npm", "install", *quiet, *TYPESCRIPT, cwd=tmp_path)
    tools = tmp_path / "node_modules" / ".bin"
    ran(tools / "openapi-typescript", description, "-o", tmp_path / "api.ts", cwd=tmp_path)
    generated = (tmp_path / "api.ts").read_text()
    never = [line for line in generated.splitlines() if "Record<string, never>" in line]
    assert [line for line in never if "webhooks" not in line and "$defs" not in line] == []
    (tmp_path / "client.ts").write_text(TYPESCRIPT_CLIENT)

    strictly = ["--strict", "--noEmit", "--target", "es2022", "--lib", "es2022,dom", "--module", "esnext"]
    ran(tools / "tsc", *strictly, "--moduleResolution", "bundler", "client.ts", cwd=tmp_path)
