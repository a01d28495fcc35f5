import pytest

from rewardlab.coders.chat import ChatCoder
from rewardlab.coders.offline import OfflineComposer
from rewardlab.coders.select import make_coder
from rewardlab.errors import ConfigError, UnknownName


def test_auto_is_the_composer_without_a_key_and_a_model_with_one(monkeypatch):
    assert isinstance(make_coder(), OfflineComposer)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    assert isinstance(make_coder(), ChatCoder)
    assert isinstance(make_coder("offline"), OfflineComposer)


def test_a_coder_stays_as_it_is():
    coder = OfflineComposer()
    assert make_coder(coder) is coder


def test_a_server_without_a_key_is_enough(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1/v1")
    assert make_coder(model="m").model == "m"


def test_an_unknown_coder_names_the_closest():
    with pytest.raises(
        UnknownName, match=r"did you mean offline\? \(one of auto, offline, openai, replay:PATH"
    ):
        make_coder("ofline")


@pytest.mark.parametrize("name", ["replay:", "replay"])
def test_replay_needs_a_path(name):
    with pytest.raises(UnknownName, match="replay:PATH"):
        make_coder(name)


def test_a_model_needs_a_chat_model():
    with pytest.raises(ConfigError, match="--coder openai"):
        make_coder("offline", model="m")


def test_openai_without_key_says_what_to_set():
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        make_coder("openai")
