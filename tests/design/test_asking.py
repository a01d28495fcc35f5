"""Several candidates at a time, of a server that is slow, busy or bad for some of them."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from rewardlab.coders.base import Reply
from rewardlab.design.budget import Budget, Usage
from rewardlab.design.generate import generate
from rewardlab.errors import CoderError, ProgramRefused, UsageError
from tests.conftest import completion


def calls(folder):
    return [json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))]


def refused(status, **headers):
    return Response("{}", status, headers, content_type="application/json")


def variants(good, n=4):
    return [good.replace("5.0", f"{5 + i}.0") for i in range(n)]


@pytest.fixture(scope="module")
def threaded():
    """A server that answers several requests at a time."""
    with HTTPServer(host="localhost", threaded=True) as server:
        yield server


@pytest.fixture
def serve(threaded, environment, monkeypatch):
    """Answer each candidate from its own list; the last answer repeats."""
    monkeypatch.setenv("OPENAI_BASE_URL", threaded.url_for("/v1"))

    class Server:
        def __init__(self):
            self.asked = defaultdict(int)
            self.at_once = self.most_at_once = 0
            self._lock = threading.Lock()

        def __call__(self, *answers):
            self.__init__()

            def handle(request):
                sample = json.loads(request.get_data())["seed"] % 1000
                with self._lock:
                    turn, self.asked[sample] = self.asked[sample], self.asked[sample] + 1
                    self.at_once += 1
                    self.most_at_once = max(self.most_at_once, self.at_once)
                try:
                    mine = answers[sample]
                    answer = mine[min(turn, len(mine) - 1)]
                    answer = answer() if callable(answer) else answer
                    return completion(answer) if isinstance(answer, str) else answer
                finally:
                    with self._lock:
                        self.at_once -= 1

            path = "/v1/chat/completions"
            threaded.clear()
            threaded.expect_request(path, method="POST").respond_with_handler(handle)
            return self

    return Server()


def test_candidates_keep_their_order_whoever_answers_first(serve, task, good, block):
    sources = variants(good)
    late = threading.Event()

    def first():
        late.wait(30)
        return block(sources[0])

    def last():
        late.set()
        return block(sources[3])

    serve([first], [block(sources[1])], [block(sources[2])], [last])
    found = generate(task, coder="openai", n=4)
    assert [program.source for program in found] == sources
    assert [program.notes["sample"] for program in found] == [0, 1, 2, 3]


def test_at_most_four_requests_are_under_way(serve, task, good, block):
    sources = variants(good, 7)

    def slow(source):
        return lambda: (time.sleep(0.1), block(source))[1]

    server = serve(*([slow(source)] for source in sources))
    assert [p.source for p in generate(task, coder="openai", n=7)] == sources
    assert 2 <= server.most_at_once <= 4


def test_one_bad_sample_among_four_loses_no_other(serve, task, good, block, events, tmp_path):
    sources = variants(good)
    busy = refused(429, **{"Retry-After": "1"})
    serve(
        [block(sources[0])],
        [lambda: refused(400)],
        [lambda: busy, block(sources[2])],
        [lambda: (time.sleep(0.3), block(sources[3]))[1]],
    )
    found = generate(task, coder="openai", n=4, on_event=events, record=tmp_path / "llm")
    assert [program.source for program in found] == [sources[0], sources[2], sources[3]]
    assert "400" in events.of("failed")[0]
    (bad,) = (call for call in calls(tmp_path / "llm") if call["sample"] == 1)
    assert bad["error"] == "BadRequestError"


def test_candidates_that_fail_or_repeat_are_told_and_left_out(
    serve, task, good, unknown_member, block, events
):
    better = good.replace("5.0", "6.0")
    serve(*([block(source)] for source in (good, unknown_member, good, better)))
    found = generate(task, coder="openai", n=4, on_event=events)
    assert [program.source for program in found] == [good, better]
    assert len(events.of("failed")) == 1
    assert any("equals an earlier one" in line for line in events.of("note"))


def test_each_candidate_is_repaired_on_its_own(serve, task, good, unknown_member, block, tmp_path):
    sources = variants(good, 2)
    serve([block(unknown_member), block(sources[0])], [block(sources[1])])
    found = generate(task, coder="openai", n=2, record=tmp_path / "llm")
    assert [program.source for program in found] == sources
    assert [program.notes["repairs"] for program in found] == [1, 0]
    told = sorted((c["sample"], c["attempt"], c["error"]) for c in calls(tmp_path / "llm")[:2])
    assert told == [(0, 0, "UnknownAttribute"), (1, 0, None)]


def test_what_was_asked_at_once_is_replayed_alike(
    serve, task, good, unknown_member, block, tmp_path
):
    sources = variants(good, 3)
    late = [lambda: (time.sleep(0.3), block(sources[0]))[1]]
    serve(late, [block(unknown_member), block(sources[1])], [block(sources[2])])
    first = generate(task, coder="openai", n=3, record=tmp_path / "llm")
    again = generate(task, coder=f"replay:{tmp_path}", n=3)
    assert [p.id for p in again] == [p.id for p in first]


def test_the_second_time_all_are_free(serve, task, good, block, events):
    server = serve(*([block(source)] for source in variants(good, 3)))
    generate(task, coder="openai", n=3)
    again = generate(task, coder="openai", n=3, max_calls=1, on_event=events)
    assert len(again) == 3
    assert sum(server.asked.values()) == 3
    assert "0 calls and 3 from the cache" in events.of("note")[-1]


def test_answers_from_the_cache_are_told_without_limits_too(serve, task, good, block, events):
    serve([block(good)])
    generate(task, coder="openai")
    generate(task, coder="openai", on_event=events)
    assert "0 calls and 1 from the cache" in events.of("note")[-1]


def test_a_server_that_fails_at_once_is_not_asked_for_the_rest(serve, task, tmp_path):
    server = serve(*([lambda: refused(401)] for _ in range(9)))
    with pytest.raises(CoderError, match="401"):
        generate(task, coder="openai", n=9, record=tmp_path)
    assert sum(server.asked.values()) == 4
    assert {call["error"] for call in calls(tmp_path)} == {"AuthenticationError"}


def test_calls_are_bounded(serve, task, good, unknown_member, block, events, tmp_path):
    sources = variants(good, 3)
    server = serve([block(sources[0])], [block(unknown_member)], [block(sources[2])])
    found = generate(task, coder="openai", n=3, max_calls=3, on_event=events, record=tmp_path)
    assert [program.source for program in found] == [sources[0], sources[2]]
    assert sum(server.asked.values()) == 3
    assert "the budget is used up (3 calls" in events.of("failed")[0]
    assert "3 calls, 54 tokens" in events.of("note")[-1]


def test_tokens_are_bounded(serve, task, good, unknown_member, block):
    server = serve([block(unknown_member), block(good)])
    with pytest.raises(ProgramRefused, match="budget is used up") as raised:
        generate(task, coder="openai", max_tokens=18)
    assert [f.code for f in raised.value.verdict.errors] == ["UnknownAttribute"]
    assert sum(server.asked.values()) == 1


def test_an_empty_budget_begins_no_further_candidate(serve, task, good, block, events):
    server = serve(*([block(source)] for source in variants(good)))
    found = generate(task, coder="openai", n=4, max_calls=2, on_event=events)
    assert len(found) == 2
    assert sum(server.asked.values()) == 2
    assert "2 candidates were not begun" in events.of("note")[-1]


@pytest.mark.parametrize("limits", [(0, None), (None, 0), (-1, 5)])
def test_a_budget_is_positive(limits):
    with pytest.raises(UsageError, match="at least 1"):
        Budget(*limits)


def test_usage_counts_what_was_paid_for():
    usage = Usage(calls=2)
    usage.count(Reply("", "m", {"prompt_tokens": 10, "completion_tokens": 5}))
    usage.count(Reply("", "m", {"prompt_tokens": 10}, record={"cached": True}))
    assert (usage.calls, usage.cached, usage.tokens) == (1, 1, 15)
    assert not usage.exceeds(Budget())
    assert usage.exceeds(Budget(max_calls=1))
    assert usage.exceeds(Budget(max_tokens=15))
    assert not usage.exceeds(Budget(max_calls=2, max_tokens=16))


def test_a_coder_that_says_nothing_of_threads_is_asked_in_the_callers(task, good, block):
    class Plain:
        name = "plain"

        def write(self, request):
            assert threading.current_thread() is threading.main_thread()
            return Reply(block(variants(good, 2)[request.sample]), "plain")

    assert len(generate(task, coder=Plain(), n=2)) == 2


def test_a_fault_of_ours_in_a_thread_is_not_lost(task):
    class Faulty:
        name = "faulty"
        n_concurrent = 2

        def write(self, request):
            raise ZeroDivisionError("ours")

    with pytest.raises(ZeroDivisionError, match="ours"):
        generate(task, coder=Faulty(), n=3)


def test_ctrl_c_leaves_what_was_asked_and_waits_for_nobody(
    serve, good, block, tmp_path, environment
):
    """The last candidate's answer never comes."""
    asked, never = threading.Event(), threading.Event()

    def hang():
        asked.set()
        never.wait(60)
        return refused(500)

    sources = variants(good, 2)
    serve([block(sources[0])], [hang])
    command = [sys.executable, "-m", "rewardlab", "generate", "metaworld/drawer-open"]
    command += ["-k", "2", "--coder", "openai", "--record", str(tmp_path / "llm")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert asked.wait(60)
            while not any(call.get("program_id") for call in calls(tmp_path / "llm")):
                assert process.poll() is None
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
        finally:
            never.set()
            process.kill()
    assert process.returncode == 1
    assert "Traceback" not in err
    errors = {call["sample"]: call["error"] for call in calls(tmp_path / "llm")}
    assert errors == {0: None, 1: "Interrupted"}


def test_ctrl_c_that_reaches_another_thread_still_ends_the_wait(task):
    """A kernel may give the signal to any thread; the one that waits is not woken by it."""
    never, answered = threading.Event(), threading.Event()

    class Silent:
        name = "silent"
        n_concurrent = 2

        def write(self, request):
            if request.sample == 0:
                time.sleep(0.5)  # until the caller waits
                signal.pthread_kill(threading.get_ident(), signal.SIGINT)
            never.wait(20)
            answered.set()
            raise CoderError("nobody interrupted")

    try:
        with pytest.raises(KeyboardInterrupt):
            generate(task, coder=Silent(), n=2)
        assert not answered.is_set()
    finally:
        never.set()
