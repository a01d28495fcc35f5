"""A limit on the whole time that a server takes for an answer, however slowly it drips."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx2
import openai

_ENDS = "rewardlab.ends"


def client(timeout_s: float) -> httpx2.Client:
    """Return an HTTP client that gives an answer up `timeout_s` after it was asked for.

    Its own timeouts only bound the wait for the next bytes: one byte now and then would keep it
    waiting for ever.
    """

    def start(request: httpx2.Request) -> None:
        request.extensions[_ENDS] = time.monotonic() + timeout_s

    def limit(response: httpx2.Response) -> None:
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _Limited(response.stream, response.request.extensions[_ENDS])

    return openai.DefaultHttpx2Client(
        timeout=timeout_s, event_hooks={"request": [start], "response": [limit]}
    )


class _Limited(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, ends: float) -> None:
        self._stream, self._ends = stream, ends

    def __iter__(self) -> Iterator[bytes]:
        for part in self._stream:
            if time.monotonic() > self._ends:
                raise httpx2.ReadTimeout("the answer does not end")
            yield part

    def close(self) -> None:
        self._stream.close()
