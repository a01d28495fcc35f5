"""A server that speaks the chat-completions protocol, and a request to send to it."""

import json

import pytest
from werkzeug import Response

from rewardlab.coders.base import Request
from rewardlab.program.schema import ActionSpec, EntitySpec, FieldSpec, PartSpec, Schema

KEY = "sk-canary-0123456789abcdef"


@pytest.fixture
def key():
    return KEY


@pytest.fixture
def scene():
    robot = EntitySpec(
        "Robot",
        "An arm.",
        (
            FieldSpec("ee_position", "hand", "array", (3,), "m"),
            FieldSpec("gripper_openness", "1 open", "float"),
        ),
    )
    root = EntitySpec(
        "Table",
        "A table.",
        (FieldSpec("goal_position", "where to go", "array", (3,), "m"),),
        (PartSpec("robot", robot, "the arm"),),
    )
    return Schema(root, ActionSpec(4), 0.0125)


@pytest.fixture
def request_(scene):
    return Request("metaworld/x", "Open the thing.", scene, "class Table: ...")


@pytest.fixture
def environment(monkeypatch, tmp_path, httpserver):
    """The environment of a user whose chat model is the test's server."""
    for name in ("OPENAI_MODEL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_BASE_URL", httpserver.url_for("/v1"))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
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
