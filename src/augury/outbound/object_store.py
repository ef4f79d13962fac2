"""The store of batches in a bucket of an S3-compatible service, or in another store that `obstore` knows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import from_url
from typing_extensions import override

from augury.application.batches.ports import BatchStore, NotStored
from augury.application.ports import Unavailable
from augury.domain.identifiers import BatchId

SCHEMES = ("s3", "gs", "az")
CONNECTING, ANSWERING = "5s", "30s"
NO_BUCKET = "NoSuchBucket"
"""S3's code for a missing bucket. The library reports it like a missing object."""
RETRIES, RETRYING = 3, timedelta(seconds=20)


class ObjectBatchStore(BatchStore):
    """An object is `<batch id>/<name>` below the path of the URL. Access keys, region and endpoint come from
    the variables that every S3 client reads, such as `AWS_ACCESS_KEY_ID` and `AWS_ENDPOINT_URL`."""

    def __init__(self, url: str) -> None:
        """Raises `ValueError`. Its text does not repeat the URL, which may contain a key by mistake."""
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.netloc:
            raise ValueError(f"must begin with {', '.join(f'{each}://' for each in SCHEMES)} and a bucket")
        if parts.username is not None or parts.password is not None or parts.query:
            raise ValueError(
                "must have no keys and no query: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        try:
            self._store: Any = from_url(
                url,
                client_options={"connect_timeout": CONNECTING, "timeout": ANSWERING, "allow_http": True},
                retry_config={"max_retries": RETRIES, "retry_timeout": RETRYING},
            )
        except BaseError as error:
            raise ValueError(f"cannot be used: {type(error).__name__}") from error
        self._name = f"{parts.scheme}://{parts.netloc}"

    @override
    async def put(self, batch_id: BatchId, name: str, content: bytes) -> None:
        async with self._available():
            await obstore.put_async(self._store, _path(batch_id, name), content, use_multipart=False)

    @override
    async def get(self, batch_id: BatchId, name: str) -> bytes:
        async with self._available(missing=f"{name} of batch {batch_id}"):
            found = await obstore.get_async(self._store, _path(batch_id, name))
            return bytes(await found.bytes_async())

    @override
    async def ping(self) -> None:
        async with self._available():
            async for _ in obstore.list(self._store, "ping", chunk_size=1):
                break

    @override
    async def delete(self, batch_id: BatchId, *, at_most: int, prefix: str = "") -> int:
        folder = f"{batch_id}/{prefix.rpartition('/')[0]}"
        wanted = _path(batch_id, prefix)
        paths: list[str] = []
        async with self._available():
            async for chunk in obstore.list(self._store, folder, chunk_size=at_most):
                paths += [each["path"] for each in chunk if each["path"].startswith(wanted)]
                if len(paths) >= at_most:
                    break
            paths = paths[:at_most]
            if paths:
                await obstore.delete_async(self._store, paths)
        return len(paths)

    @asynccontextmanager
    async def _available(self, *, missing: str | None = None) -> AsyncIterator[None]:
        """Translate the library's errors: to `NotStored` if the object described by `missing` does not exist,
        otherwise to `Unavailable`. The library's own texts are left out, because they repeat whole
        requests."""
        try:
            yield
        except (NotFoundError, FileNotFoundError) as error:
            if missing is None or NO_BUCKET in str(error):
                raise Unavailable(f"the store of batches ({self._name}): there is no such bucket") from None
            raise NotStored(missing) from None
        except (BaseError, OSError) as error:
            raise Unavailable(f"the store of batches ({self._name}): {type(error).__name__}") from None


def _path(batch_id: BatchId, name: str) -> str:
    return f"{batch_id}/{name}"
