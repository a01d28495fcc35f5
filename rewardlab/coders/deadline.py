"""Limits on what a server may answer: in all so long, however slowly it drips, and so much."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx2
import openai

_ENDS = "rewardlab.ends"
MAX_BYTES = 8_000_000
"""Of an answer."""


def client(timeout_s: float) -> httpx2.Client:
    """Return an HTTP client that gives an answer up `timeout_s` after it was asked for.

    Its own timeouts only bound the wait for the next bytes: one byte now and then would keep it
    waiting for ever. It takes `MAX_BYTES` at most, as they are: a few packed ones could grow
    without bound. No connection is kept open between answers, which take seconds each: nobody would
    close it.
    """

    def start(request: httpx2.Request) -> None:
        request.headers["Accept-Encoding"] = "identity"
        request.extensions[_ENDS] = time.monotonic() + timeout_s

    def limit(response: httpx2.Response) -> None:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise httpx2.DecodingError("the answer is packed, which was not asked for")
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _Limited(response.stream, response.request.extensions[_ENDS])

    return openai.DefaultHttpx2Client(
        timeout=timeout_s,
        limits=httpx2.Limits(max_keepalive_connections=0),
        event_hooks={"request": [start], "response": [limit]},
    )


class _Limited(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, ends: float) -> None:
        self._stream, self._ends = stream, ends

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for part in self._stream:
            size += len(part)
            if size > MAX_BYTES:
                raise httpx2.ReadError(f"the answer is larger than {MAX_BYTES:,} bytes")
            if time.monotonic() > self._ends:
                raise httpx2.ReadTimeout("the answer does not end")
            yield part

    def close(self) -> None:
        self._stream.close()
