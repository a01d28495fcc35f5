from dataclasses import replace

import pytest

from rewardlab.coders.chat import ChatCoder
from rewardlab.coders.replay import ReplayCoder
from rewardlab.errors import CoderError, ConfigError
from rewardlab.store.files import write_json


@pytest.fixture
def recorded(answers, request_, tmp_path):
    """A run folder with two calls, for two goals."""
    answers("one", "two")
    folder = tmp_path / "run"
    for number, goal in enumerate(("first", "second"), 1):
        reply = ChatCoder("m").write(replace(request_, goal=goal))
        call = {**reply.record, "reply": reply.text, "origin": reply.origin}
        write_json(folder / "llm" / f"{number:04d}.json", call)
    write_json(folder / "llm" / "0003.json", {"error": "CoderError"})
    return folder


def test_the_same_request_gets_its_own_reply(recorded, request_, httpserver):
    httpserver.stop()
    coder = ReplayCoder(recorded)
    reply = coder.write(replace(request_, goal="second"))
    assert (reply.text, reply.origin) == ("two", "m")
    assert reply.record["replayed"] == "same request"
    httpserver.start()


def test_other_requests_get_the_replies_in_order(recorded, request_):
    coder = ReplayCoder(recorded / "llm")
    got = [coder.write(replace(request_, goal=goal)) for goal in ("x", "y")]
    assert [reply.text for reply in got] == ["one", "two"]
    assert {reply.record["replayed"] for reply in got} == {"in order"}


def test_when_all_replies_are_used_it_says_so(recorded, request_):
    coder = ReplayCoder(recorded)
    coder.write(request_)
    coder.write(request_)
    with pytest.raises(CoderError, match="all 2 recorded replies"):
        coder.write(request_)


def test_a_folder_without_calls_cannot_be_replayed(tmp_path):
    with pytest.raises(ConfigError, match="nothing to replay"):
        ReplayCoder(tmp_path / "no-such-run")
