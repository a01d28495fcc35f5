"""A chat model behind any server that speaks the OpenAI chat-completions protocol."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rewardlab.coders.base import Reply, Request
from rewardlab.coders.cache import ReplyCache
from rewardlab.coders.endpoint import Endpoint
from rewardlab.coders.prompting import render
from rewardlab.coders.text import REPLY_LIMIT, clean, one_line
from rewardlab.errors import CoderError

if TYPE_CHECKING:
    from openai import OpenAI, OpenAIError

DEFAULT_MODEL = "gpt-4.1-mini"


class ChatCoder:
    """Asks a chat model; the same request to the same model is answered from the cache.

    Args:
        model: Model name; by default `$OPENAI_MODEL`, else `DEFAULT_MODEL`.
        temperature: Sampling temperature, left out for models that refuse it.
        timeout_s: How long to wait for a whole answer, each time [s].
        max_retries: How often a call that failed on the way is repeated; a server's `Retry-After`
            is honoured.
        n_concurrent: How many requests may be under way at a time.
        endpoint: The server; by default as the environment says.
        cache: Where replies are kept.

    Raises:
        ConfigError: No server is configured, or its address would leak the key.
    """

    name = "openai"

    def __init__(
        self,
        model: str | None = None,
        *,
        temperature: float = 0.7,
        timeout_s: float = 120.0,
        max_retries: int = 2,
        n_concurrent: int = 4,
        endpoint: Endpoint | None = None,
        cache: ReplyCache | None = None,
    ) -> None:
        self.endpoint = endpoint or Endpoint.from_environment()
        self.model = model or os.environ.get("OPENAI_MODEL") or DEFAULT_MODEL
        self.temperature = temperature
        self.timeout_s = timeout_s
        self.max_retries = max_retries
        self.n_concurrent = n_concurrent
        self.cache = cache or ReplyCache()

    def write(self, request: Request) -> Reply:
        """Answer a request.

        Raises:
            CoderError: The server cannot be reached, refuses, fails or makes no sense.
        """
        prompt = render(request)
        facts = {"template": prompt.template, "template_hash": prompt.template_hash}
        seed = 1000 * request.seed + request.sample
        return self.ask(prompt.messages, seed=seed, sample=request.sample, **facts)

    def ask(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        seed: int,
        sample: int = 0,
        **facts: Any,
    ) -> Reply:
        """Answer a conversation.

        Args:
            messages: With `role` and `content`.
            seed: Of the model's draws.
            sample: Which of several answers it is.
            facts: What else to write down.

        Raises:
            CoderError: The server cannot be reached, refuses, fails or makes no sense.
        """
        asked = {
            "host": self.endpoint.host,
            "model": self.model,
            "temperature": self.temperature,
            "seed": seed,
            "sample": sample,
            "messages": list(messages),
        }
        facts = {**asked, **facts}
        answer = self.cache.get(asked)
        cached = answer is not None
        if answer is None:
            answer = self._ask(asked, facts)
            self.cache.put(asked, answer)
        record = {**facts, "finish_reason": answer.get("finish_reason"), "cached": cached}
        return Reply(answer["text"], self.model, _tokens(answer.get("tokens")), record)

    def _ask(self, asked: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
        import openai

        try:
            body = self._post(asked)
        except openai.OpenAIError as error:
            raise CoderError(self._explain(error), self._failure(error, facts)) from None
        try:
            answer = _answer(json.loads(body))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            reason = self._told(_complaint(self.endpoint.hide(body)) or str(error))
            raise CoderError(
                f"{self.endpoint.host} did not answer with a chat completion ({reason}); "
                "does OPENAI_BASE_URL end in /v1?",
                {**facts, "error": "MalformedReply", "message": reason},
            ) from None
        return {**answer, "text": self.endpoint.hide(answer["text"])}

    def _told(self, text: str) -> str:
        """Return what a server said on one line; no part of the key is left where it is cut."""
        return one_line(self.endpoint.redact(clean(text, REPLY_LIMIT)))

    def _post(self, asked: Mapping[str, Any]) -> str:
        """Return the body of the answer; an option that the model refuses is left out."""
        import openai

        options = {"temperature": asked["temperature"], "seed": asked["seed"]}
        while True:
            try:
                return self._client.chat.completions.with_raw_response.create(
                    model=self.model, messages=asked["messages"], **options
                ).http_response.text
            except openai.BadRequestError as error:
                refused = [o for o in options if o == error.param or o in error.message]
                if not refused:
                    raise
                options.pop(refused[0])

    @cached_property
    def _client(self) -> OpenAI:
        import openai

        from rewardlab.coders.deadline import client
        from rewardlab.coders.logs import keep_out_of_logs

        keep_out_of_logs(self.endpoint)
        return openai.OpenAI(
            api_key=self.endpoint.key or "none",
            base_url=self.endpoint.base_url,
            timeout=self.timeout_s,
            max_retries=self.max_retries,
            http_client=client(self.timeout_s),
        )

    def _failure(self, error: OpenAIError, facts: Mapping[str, Any]) -> dict[str, Any]:
        return {**facts, "error": type(error).__name__, "message": self._explain(error)}

    def _explain(self, error: OpenAIError) -> str:
        """Say in one line what went wrong and what to do; never with the key."""
        import openai

        host = self.endpoint.host
        tries = f"after {self.max_retries + 1} tries" if self.max_retries else "at the first try"
        if isinstance(error, openai.APITimeoutError):
            return (
                f"{host} did not answer within {self.timeout_s:g} s, {tries}; "
                "see whether the server is busy, or use --coder offline"
            )
        detail = self._told(str(error.__cause__ or getattr(error, "message", error)))
        if not isinstance(error, openai.APIStatusError):
            return (
                f"cannot reach {host} ({detail}); "
                "check OPENAI_BASE_URL and that the server runs, or use --coder offline"
            )
        remedy = self._remedy(error.status_code, tries)
        return f"{host} answered {error.status_code}: {detail}; {remedy}"

    def _remedy(self, status: int, tries: str) -> str:
        if status in (401, 403):
            missing = "it asks for a key: set" if not self.endpoint.key else "check"
            return f"{missing} OPENAI_API_KEY and what the key may use"
        if status == 404:
            return f"check the model {self.model!r} (--model, OPENAI_MODEL) and OPENAI_BASE_URL"
        if status == 429:
            return f"still so {tries}: wait, ask for less, or raise the quota"
        if status >= 500:
            return f"still so {tries}: the server failed, try again later"
        return f"check the model {self.model!r} and what it accepts"


def _answer(body: Any) -> dict[str, Any]:
    """Read a chat completion: its text, why it stopped, what it cost."""
    choice = body["choices"][0]
    message = choice["message"]
    text = message.get("content") or message.get("refusal") or ""
    if not isinstance(text, str):
        raise TypeError("its content is no text")
    return {
        "text": clean(text, REPLY_LIMIT),
        "finish_reason": one_line(str(choice.get("finish_reason")), 40),
        "tokens": _tokens(body.get("usage")),
    }


def _tokens(usage: Any) -> dict[str, int]:
    if not isinstance(usage, Mapping):
        return {}
    names = ("prompt_tokens", "completion_tokens")
    return {name: usage[name] for name in names if isinstance(usage.get(name), int)}


def _complaint(body: str) -> str:
    """Return the message of an error that came with status 200, or what the body begins with."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return f"not JSON: {body[:80]!r}"
    error = parsed.get("error") if isinstance(parsed, dict) else None
    if isinstance(error, dict) and error.get("message"):
        return str(error["message"])
    empty = isinstance(parsed, dict) and parsed.get("choices") in ([], None)
    return "it holds no choices" if empty else ""
