"""An S3-compatible server as a process on a free port: moto's."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import httpx

from tests.processes import eventually, free_port
from tests.run_end import RUN

SECRET = "a-secret-access-key-of-the-tests"


@dataclass(frozen=True)
class S3Server:
    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> Mapping[str, str]:
        """What a client of it needs in its environment."""
        return {
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ALLOW_HTTP": "true",
        }

    def bucket(self, name: str) -> str:
        """The URL of a new bucket, which is empty."""
        httpx.put(f"{self.endpoint}/{name}").raise_for_status()
        return f"s3://{name}"

    def keys(self, bucket: str) -> list[str]:
        listed = httpx.get(f"{self.endpoint}/{bucket}?list-type=2").text
        return [part.partition("</Key>")[0] for part in listed.split("<Key>")[1:]]


@contextmanager
def running_s3() -> Iterator[S3Server]:
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: _answers(port, process), 60, "the S3 server's start")
        yield S3Server(port, process)
    finally:
        process.terminate()
        process.wait(15)


def _answers(port: int, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, "the S3 server has ended"
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@cache
def s3_server() -> S3Server:
    """The server that all tests of this process share: it starts when first asked for, ends with the run."""
    return RUN.enter_context(running_s3())
