"""A text model as an agent, asked over HTTP; the model here is the toy world's own expert."""

import json
import pickle

import pytest

from rewardlab.coders.cache import ReplyCache
from rewardlab.coders.chat import ChatCoder
from rewardlab.e2cl.phases import free
from rewardlab.e2cl.rollout import play
from rewardlab.e2cl.samples import KINDS
from rewardlab.e2cl.text.agent import TextAgent
from rewardlab.e2cl.text.corrector import TextCorrector
from rewardlab.e2cl.text.export import export
from rewardlab.e2cl.text.phrases import phrase
from rewardlab.e2cl.text.prompts import LIMIT, Asking, kind_of
from rewardlab.e2cl.world import END, OK, Action, Tried
from tests.conftest import completion


@pytest.fixture
def served(httpserver, monkeypatch, tmp_path):
    """Return how to have requests answered by a function of their text, and what was asked."""
    monkeypatch.setenv("OPENAI_BASE_URL", httpserver.url_for("/v1"))
    asked = []

    def serve(answer):
        def handle(request):
            text = json.loads(request.get_data())["messages"][-1]["content"]
            asked.append(text)
            return completion(answer(text))

        httpserver.expect_request("/v1/chat/completions").respond_with_handler(handle)
        return asked

    return serve


@pytest.fixture
def chat(tmp_path):
    return lambda: ChatCoder("test", cache=ReplyCache(tmp_path / "replies"))


def test_an_expert_behind_http_reaches_the_goal(toy, served, chat):
    """It is told of by the episode that it steers; the words are all that passes."""
    episode = toy.episodes("train")[0]
    twin = toy.start(episode)

    def expert(text):
        action = twin.teacher()
        said = phrase(action, twin.view())
        if action != END:
            twin.step(action)
        return f"{said}\nbecause it comes next"

    served(expert)
    agent = TextAgent(chat(), toy.language)
    played = play(toy, episode, agent, "plain")
    assert (played.success, played.ended) == (True, True)
    assert not agent.unread


def test_it_foresees_and_corrects_itself_once(toy, served, chat):
    episode = toy.episodes("train")[0]
    view = toy.start(episode).view()
    mug = view.ids[view.names.index("mug")]
    asked = served(
        lambda text: "ERROR: far" if "Predict" in text else "walk mug" if "instead" in text else "x"
    )
    agent = TextAgent(chat(), toy.language)
    assert agent.foresee(view, Action("grab", (mug,))) == "far"
    assert agent.correct(view, Action("grab", (mug,)), "far") == Action("walk", (mug,))
    assert "expected to fail: far" in asked[-1]
    assert "Proposed action: grab mug" in asked[-1]


def test_what_cannot_be_read_fails_as_a_step_and_is_counted(toy, served, chat):
    served(lambda text: "I am only a language model")
    agent = TextAgent(chat(), toy.language)
    played = play(toy, toy.episodes("train")[0], agent, "plain")
    assert {tried.kind for tried in played.tried} == {"verb"}
    assert agent.unread["plan"] == len(played.tried)
    assert agent.foresee(toy.start("a").view(), Action("stand")) == OK
    assert agent.unread["feedback"] == 1


def test_a_prompt_keeps_every_action_when_it_leaves_answers_out(toy):
    view = toy.start(toy.episodes("train")[0]).view()
    history = tuple(Tried(Action("stand"), "sitting") for _ in range(400))
    long = type(view)(**{**vars(view), "history": history, "seen": "x" * 3000})
    told = Asking(toy.language).plan(long)
    assert len(told) <= LIMIT
    assert told.count("stand ->") == 400
    assert "ERROR: sitting" in told


def test_a_model_corrects_in_exploration_and_what_does_not_help_is_left_out(
    toy, novice, served, monkeypatch, tmp_path
):
    """It always says to stand up, which helps where the robot sits, and once says nonsense."""
    monkeypatch.setenv("REWARDLAB_CACHE", str(tmp_path))
    asked = served(lambda text: "stand" if "sitting" in text.splitlines()[0] else "abracadabra")
    corrector = pickle.loads(pickle.dumps(TextCorrector("test", toy.language)))
    found = [free(toy, episode, 0, novice, corrector) for episode in toy.episodes("train")]
    corrections = [s for part in found for s in part.of("correct")]
    assert corrections
    assert {s.action for s in corrections} == {Action("stand")}
    assert {s.error for s in corrections} == {"sitting"}
    assert any("expected to fail: sitting" in text for text in asked)


@pytest.mark.parametrize(
    ("line", "kind"),
    [("OK", OK), ("done.", OK), ("ERROR: far", "far"), ("Error: Far.", "far"), ("maybe", None)],
)
def test_kinds_are_read_from_the_first_line(toy, line, kind):
    assert kind_of(f"{line}\nmore", toy.language) == kind


def test_samples_are_chats_to_fine_tune_on(toy, plan, explored, tmp_path):
    samples = plan.samples + explored.samples
    n = export(tmp_path / "chats.jsonl", samples, Asking(toy.language))
    rows = [json.loads(line) for line in (tmp_path / "chats.jsonl").read_text().splitlines()]
    assert len(rows) == n == len(samples)
    assert {row["kind"] for row in rows} == {*KINDS}
    assert all(row["messages"][-1]["role"] == "assistant" for row in rows)
    asked = {row["messages"][0]["content"] for row in rows if row["kind"] == "correct"}
    assert all("expected to fail: " in text for text in asked)
