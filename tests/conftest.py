import json
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

import pytest
from werkzeug import Response


@pytest.fixture(autouse=True)
def _nobodys_machine(monkeypatch, tmp_path):
    """No test may reach a real server, differ where a key is set, or touch a user's library."""
    monkeypatch.setenv("REWARDLAB_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("REWARDLAB_CORRECTIONS", str(tmp_path / "corrections.jsonl"))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "REWARDLAB_DEBUG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def key():
    """A key that must be found in nothing that is written."""
    return "sk-canary-0123456789abcdef"


@pytest.fixture
def environment(monkeypatch, tmp_path, httpserver, key):
    """The environment of a user whose chat model is the test's server."""
    for name in ("OPENAI_MODEL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_BASE_URL", httpserver.url_for("/v1"))
    monkeypatch.setenv("OPENAI_API_KEY", key)
    monkeypatch.setenv("REWARDLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def answers(httpserver, environment):
    """Make the server answer with texts or responses, in order; `answers.bodies` are the asks."""

    class Answers:
        def __init__(self):
            self.bodies = []

        def __call__(self, *replies):
            queue = list(replies)
            self.bodies = []
            httpserver.clear()

            def handle(request):
                self.bodies.append(json.loads(request.get_data()))
                reply = queue.pop(0) if len(queue) > 1 else queue[0]
                return reply() if callable(reply) else completion(reply)

            path = "/v1/chat/completions"
            httpserver.expect_request(path, method="POST").respond_with_handler(handle)
            return self

    return Answers()


def completion(text):
    body = {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "test",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": text},
            }
        ],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }
    return Response(json.dumps(body), content_type="application/json")
