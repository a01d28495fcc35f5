"""Where a chat model is reached and with which key; the key never leaves this value as text."""

from __future__ import annotations

import json
import os
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote, unquote, urlsplit

from rewardlab.errors import ConfigError

_FORMS: tuple[Callable[[str], str], ...] = (
    lambda text: json.dumps(text)[1:-1],
    lambda text: repr(text)[1:-1],
    lambda text: text.replace("\\", "\\\\"),
    lambda text: quote(text, ""),
)
DEFAULT_URL = "https://api.openai.com/v1"
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1|.*\.localhost")
_LEAST_KEY = 8
_USERINFO = re.compile(r"//[^/\s@]+@")
_KEYLIKE = re.compile(r"\b(sk|rk|pk)-[A-Za-z0-9_*-]{6,}")


@dataclass(frozen=True)
class Endpoint:
    """A server that speaks the chat-completions protocol.

    Attributes:
        base_url: Up to and including `/v1`.
        key: Its key; `""` for a server that asks for none.
    """

    base_url: str = field(default=DEFAULT_URL, repr=False)
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        url = urlsplit(self.base_url)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ConfigError(
                f"OPENAI_BASE_URL is not an http(s) address (host {self.host!r}); "
                "write it like http://localhost:8000/v1"
            )
        secret = self.key or url.password
        if secret and url.scheme == "http" and not _LOOPBACK.fullmatch(url.hostname):
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

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """The key, the address's password, and both as they may be written, longest first.

        One of a few characters is a placeholder, which blacked out would garble ordinary text.
        """
        url = urlsplit(self.base_url)
        password = unquote(url.password or "")
        pair = f"{unquote(url.username or '')}:{password}" if password else ""
        found = {self.key, password, url.password or ""}
        found |= {b64encode(text.encode()).decode() for text in (pair, self.key) if text}
        found |= {form(text) for text in found for form in _FORMS}
        return tuple(sorted((s for s in found if len(s) >= _LEAST_KEY), key=len, reverse=True))

    def hide(self, text: str) -> str:
        """Black out the secrets."""
        for secret in self.secrets:
            text = text.replace(secret, "[key]")
        return text

    def redact(self, text: str) -> str:
        """Black out the secrets, and whatever looks like one: for messages, not for code."""
        return _USERINFO.sub("//[key]@", _KEYLIKE.sub("[key]", self.hide(text)))


def configured(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether the environment names a chat model's server or a key."""
    return bool(environ.get("OPENAI_API_KEY", "").strip() or environ.get("OPENAI_BASE_URL", ""))
