"""`rewardlab e2cl`: BabyAI's smallest level, a few steps."""

import json
from pathlib import Path

import pytest

from tests.conftest import completion

SMALL = (
    *("--world", "babyai", "--level", "GoToObjS4", "--n-train", 4, "--n-test", 2),
    *("--steps", 6, "--workers", 1),
)


def test_train_then_evaluate(cli):
    done = cli("e2cl", "train", *SMALL, "--arms", "e2cl,il", "--json")
    assert done.code == 0
    assert set(done.json["fits"]) == {"il", "e2cl"}
    assert "seed 0: phase guided: " in done.err
    graded = cli("e2cl", "evaluate", done.json["run"], "--workers", 1, "--json")
    assert {(row["arm"], row["mode"]) for row in graded.json["results"]} == {
        *(("pretuned", mode) for mode in ("plain", "repair")),
        *(("il", mode) for mode in ("plain", "repair")),
        *(("e2cl", mode) for mode in ("plain", "self", "oracle", "repair")),
    }
    short = cli("e2cl", "evaluate", "babyai-GoToObjS4-s0", "--arms", "il", "--workers", 1)
    assert short.out.startswith("arm  mode    Exec")
    chats = cli("e2cl", "export", done.json["run"], "--json").json
    lines = Path(chats["path"]).read_text().splitlines()
    assert len(lines) == chats["chats"] > 50
    assert {json.loads(line)["kind"] for line in lines} == {"plan", "feedback", "correct"}
    refused = cli("e2cl", "evaluate", done.json["run"], "--arms", "tg")
    assert refused.code == 2
    assert refused.error.startswith("unknown fitted arm 'tg'")


def test_ablate_writes_a_page_and_goes_on(cli, tmp_path):
    ask = ("e2cl", "ablate", *SMALL, "--arms", "il,il-long", "--out", "out", "--json")
    first = cli(*ask, "--seeds", 1)
    assert first.code == 0
    second = cli(*ask, "--seeds", 2)
    assert "seed 0" not in second.err
    assert "seed 1: il-long" in second.err
    page = (tmp_path / "out" / "babyai-GoToObjS4.md").read_text()
    assert "2 seeds; learned from 4 episodes, measured on 2" in page
    rows = (tmp_path / "out" / "babyai-GoToObjS4.jsonl").read_text().splitlines()
    assert len(rows) == 1 + 4
    assert json.loads(rows[0])["command"].startswith("rewardlab e2cl ablate --world babyai")
    refused = cli(*ask, "--seeds", 1, "--steps", 8)
    assert refused.code == 2
    assert "holds a study with settings pretune_steps 3, not 4; steps 6, not 8" in refused.error


def test_a_chat_model_acts_on_the_test_episodes(cli, httpserver, monkeypatch):
    """This one always turns left, which always works and leads nowhere."""
    monkeypatch.setenv("OPENAI_BASE_URL", httpserver.url_for("/v1"))
    answer = completion("turn left")
    httpserver.expect_request("/v1/chat/completions").respond_with_response(answer)
    asked = ("--world", "babyai", "--level", "GoToObjS4", "--n-test", 1)
    done = cli("e2cl", "evaluate", "--model", "any", *asked, "--json")
    assert done.code == 0, done.err
    assert [row["mode"] for row in done.json["results"]] == ["plain", "self"]
    assert done.json["results"][0]["exec"]["value"] == 1
    assert done.json["results"][0]["success"]["value"] == 0
    assert done.json["unread"]["feedback"] > 0
    assert "plain, episode 1000000: " in done.err
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    gone = cli("e2cl", "evaluate", "--model", "other", *asked)
    assert gone.code == 2
    assert "cannot reach 127.0.0.1:9" in gone.error
    assert "--coder" not in gone.error


@pytest.mark.parametrize(
    ("args", "error"),
    [
        (("train", "--world", "babi"), "unknown world 'babi'; did you mean babyai?"),
        (("train", "--world", "babyai", "--level", "GoToObj4"), "unknown level of babyai"),
        (("train", "--world", "babyai", "--grounding", "free"), "babyai has no option 'grounding'"),
        (("train", "--world", "babyai", "--n-train", 0), "babyai can learn from 1 to"),
        (("train", "--world", "babyai", "--arms", "e2c"), "unknown arm 'e2c'; did you mean e2cl?"),
        (("train", "--world", "babyai", "--steps", 1), "--steps must be at least 2, not 1"),
        (("ablate", "--world", "babyai", "--seeds", 0), "--seeds must be at least 1, not 0"),
        (("ablate", "there"), "ablate takes no run, got 'there'"),
        (("evaluate",), "which run?"),
        (("train", "--world", "babyai", "--arms", ""), "--arms names none; leave it out"),
        (("train", "--world", "babyai", "--workers", 0), "--workers must be at least 1, not 0"),
        (("evaluate", "."), ". holds no run of rewardlab e2cl train: no config.json"),
        (("export",), "which run?"),
        (("train", "--model", "m"), "--model is for evaluate without a run"),
        (("evaluate", "nowhere"), "unknown run 'nowhere'"),
    ],
)
def test_misuse_is_told_in_one_line(cli, args, error):
    done = cli("e2cl", *args)
    assert done.code == 2
    assert done.error.startswith(error)
