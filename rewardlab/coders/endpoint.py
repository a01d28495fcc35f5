"""Where a chat model is reached and with which key; the key never leaves this value as text."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rewardlab.errors import ConfigError

DEFAULT_URL = "https://api.openai.com/v1"
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1|.*\.localhost")
_LEAST_KEY = 8
_KEYLIKE = re.compile(r"\b(sk|rk|pk)-[A-Za-z0-9_*-]{6,}")


@dataclass(frozen=True)
class Endpoint:
    """A server that speaks the chat-completions protocol.

    Attributes:
        base_url: Up to and including `/v1`.
        key: Its key; `""` for a server that asks for none.
    """

    base_url: str = DEFAULT_URL
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        url = urlsplit(self.base_url)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ConfigError(
                f"OPENAI_BASE_URL is not an http(s) address (host {self.host!r}); "
                "write it like http://localhost:8000/v1"
            )
        if self.key and url.scheme == "http" and not _LOOPBACK.fullmatch(url.hostname):
            raise ConfigError(
                f"OPENAI_BASE_URL would send a key to {self.host} unencrypted; "
                "use https, or unset OPENAI_API_KEY if that server needs none"
            )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Endpoint:
        """Read `OPENAI_BASE_URL` and `OPENAI_API_KEY`.

        Raises:
            ConfigError: The address is none, would leak the key, or a key is missing.
        """
        url = environ.get("OPENAI_BASE_URL", "").strip()
        key = environ.get("OPENAI_API_KEY", "").strip()
        if not url and not key:
            raise ConfigError(
                "no chat model is configured: set OPENAI_API_KEY, or OPENAI_BASE_URL for a "
                "compatible server; without either use --coder offline"
            )
        if not key.isascii() or not key.isprintable():
            raise ConfigError("OPENAI_API_KEY holds characters that no key has; set it again")
        return cls(url or DEFAULT_URL, key)

    @property
    def host(self) -> str:
        """Host and port: all of the address that may be shown."""
        return urlsplit(self.base_url).netloc.rpartition("@")[2] or "?"

    def hide(self, text: str) -> str:
        """Black out the key; one of a few characters is a placeholder and stays."""
        return text.replace(self.key, "[key]") if len(self.key) >= _LEAST_KEY else text

    def redact(self, text: str) -> str:
        """Black out the key, and whatever looks like one: for messages, not for code."""
        return _KEYLIKE.sub("[key]", self.hide(text))


def configured(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether the environment names a chat model's server or a key."""
    return bool(environ.get("OPENAI_API_KEY", "").strip() or environ.get("OPENAI_BASE_URL", ""))
