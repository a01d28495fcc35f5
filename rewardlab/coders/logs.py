"""What the libraries that talk to a chat model may log: nothing with a key in it."""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass

from rewardlab.coders.endpoint import Endpoint

_LIBRARIES = ("openai", "httpx2", "httpcore2")
_LATE = tuple(f"httpcore2.{part}" for part in ("connection", "http11", "http2", "proxy", "socks"))


@dataclass(frozen=True)
class KeyFilter:
    """A filter of log records that blacks out an endpoint's secrets, and what looks like a key."""

    endpoint: Endpoint

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite a record; it is always kept."""
        record.msg, record.args = self.endpoint.redact(record.getMessage()), ()
        if record.exc_info:
            text = "".join(traceback.format_exception(*record.exc_info)).rstrip()
            record.exc_info, record.exc_text = None, self.endpoint.redact(text)
        return True


def keep_out_of_logs(endpoint: Endpoint) -> None:
    """Put the filter on every logger of the libraries, which log headers where asked to."""
    known = (name for name in logging.root.manager.loggerDict if name.split(".")[0] in _LIBRARIES)
    for name in {*known, *_LIBRARIES, *_LATE}:
        logging.getLogger(name).addFilter(KeyFilter(endpoint))
