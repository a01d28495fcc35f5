"""A key is in nothing that is written, shown, logged or handed on, on any path through the loop."""

import json
import logging
import os
import stat
import sys
import tempfile
import time
import traceback
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pytest
from werkzeug import Response

from rewardlab import Run
from rewardlab.cli import main
from rewardlab.sandbox import spawn

from .conftest import completion

TASK = "gym/CartPole-v1"
PASSWORD = "canary/password-5a1d"
OTHERS = {
    "ANTHROPIC_API_KEY": "sk-ant-canary-77aa77aa77",
    "AWS_SECRET_ACCESS_KEY": "canary-aws-9f9f9f9f",
    "HTTPS_PROXY": "http://proxy:canary-proxy-31ab@127.0.0.1:9",
    "HF_TOKEN": "hf_canary0000000",
}
GOOD = """The key is {key}.
```python
# {key}
def compute_dense_reward(self, action):
    up = 1.0 - abs(self.obs[2])  # {key}
    centred = {weight} - abs(self.obs[0])
    return up + centred, {{"up": up, "centred": centred}}
```"""
REFUSED = """```python
def compute_dense_reward(self, action):
    return open("{key}")
```"""
FAILS = """```python
def compute_dense_reward(self, action):
    raise ValueError("{key}")
```"""


def reply(template, key, weight=1.0):
    response = completion(template.format(key=key, weight=weight))
    response.headers["X-Echo"] = "".join(c if c.isalnum() else "-" for c in key) + f" {key}"
    return response


def error(status, key):
    body = {"error": {"message": f"Wrong key {key}", "code": key, "param": key}}
    return Response(json.dumps(body), status, {"X-Echo": key}, content_type="application/json")


@pytest.fixture(params=["sk-canary-0123456789abcdef", 'odd"canary\\<&>%/+=$(x)`;{{7*7}}'])
def secret(request, monkeypatch, tmp_path, httpserver):
    """A user with secrets everywhere, in a folder that holds all that is written."""
    for name, value in {"OPENAI_API_KEY": request.param, **OTHERS}.items():
        monkeypatch.setenv(name, value)
    server = f"http://me:{quote(PASSWORD, '')}@127.0.0.1:{httpserver.port}/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", server)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("TMPDIR", "REWARDLAB_CACHE", "XDG_CACHE_HOME", "HOME"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["rewardlab"])
    return request.param


@pytest.fixture
def said(httpserver):
    """Let the server answer so, in order; the last answer stays. `said.authorised` are headers."""

    class Said(list):
        def __init__(self):
            super().__init__()
            self.authorised = []

        def __call__(self, *answers):
            self[:] = answers

    said = Said()

    def handle(request):
        said.authorised.append(request.headers.get("Authorization", ""))
        return said.pop(0) if len(said) > 1 else said[0]

    path = "/v1/chat/completions"
    httpserver.expect_request(path, method="POST").respond_with_handler(handle)
    return said


def forms(secret):
    """How a secret may be written."""
    yield secret
    yield json.dumps(secret)[1:-1]
    yield secret.replace("\\", "\\\\")
    yield repr(secret)[1:-1]
    yield quote(secret, "")
    yield b64encode(secret.encode()).decode()


def leaks(key, *texts):
    """The files below this folder, and the texts, in which a secret is found."""
    secrets = [key, PASSWORD, b64encode(f"me:{PASSWORD}".encode()).decode(), *OTHERS.values()]
    needles = [form for secret in secrets for form in forms(secret)]
    files = [path for path in Path.cwd().rglob("*") if path.is_file()]
    assert len(files) > 10
    found = [str(path) for path in files if any(n.encode() in path.read_bytes() for n in needles)]
    return found + [text for text in texts if any(n in text for n in needles)]


def test_no_secret_is_written_shown_or_logged_from_goal_to_report(
    secret, said, capsys, caplog, monkeypatch
):
    caplog.set_level(logging.DEBUG)
    small = ("-n", "64", "--n-envs", "1", "--eval-episodes", "1", "--eval-freq", "0")

    said(reply(REFUSED, secret), reply(FAILS, secret), reply("No code, {key}.", secret),
         reply(GOOD, secret))  # fmt: skip
    assert main(["generate", TASK, "Balance.", "-o", "p.py", "--json"]) == 0
    assert any(said.authorised)  # the server did get it
    assert main(["validate", "p.py", "--task", TASK]) == 0
    assert main(["doctor", "--json"]) == 0

    said(reply(GOOD, secret, 1.5))
    chain = ("run", TASK, "Balance.", "--yes", "--episodes", "1", "--no-video", *small)
    assert main([*chain, "--json"]) == 0
    (run,) = (Run(path.parent) for path in Path("results").glob("*/run.json"))
    said(reply(REFUSED, secret), reply(GOOD, secret, 2.5))
    assert main(["refine", run.id, "More.", "--json"]) == 0
    assert main(["report", run.id]) == 0

    for failing in (error(401, secret), error(400, secret), reply(secret, secret),
                    Response(secret), reply(REFUSED, secret)):  # fmt: skip
        said(failing)
        goal = f"Balance {len(caplog.text)}."
        assert main(["run", TASK, goal, "--yes", "--max-repairs", "0", *small]) in (1, 2)
    monkeypatch.setenv("REWARDLAB_DEBUG", "1")
    said(error(401, secret))
    with pytest.raises(Exception, match="answered 401") as raised:
        main(["generate", TASK, "Balance with a traceback."])
    told = "".join(traceback.format_exception(raised.value))

    calls = list(Path("results").rglob("llm/*.json"))
    assert len(calls) > 5
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in calls)
    out, err = capsys.readouterr()
    assert "[key]" in out + err  # it was there to be hidden
    assert not leaks(secret, out, err, caplog.text, told)


def test_no_secret_reaches_the_process_that_workers_are_forked_from(secret):
    before = set(_children(os.getpid()))
    spawn.zygote("12345")  # a new one, started now
    (new,) = set(_children(os.getpid())) - before
    end = time.monotonic() + 30
    found = b""
    while b"PYTHONHASHSEED" not in found and time.monotonic() < end:  # it becomes its own program
        found = Path(f"/proc/{new}/environ").read_bytes()
        time.sleep(0.01)
    spawn.close("12345")
    assert b"LC_ALL=C.UTF-8" in found
    for value in (secret, *OTHERS.values(), quote(PASSWORD, "")):
        assert value.encode() not in found


def _children(pid):
    for stat_file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat_file.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == str(pid):
            yield stat_file.parent.name
