import json

import pytest

from rewardlab.coders.library import own, own_folder
from rewardlab.config import RunConfig
from rewardlab.program.program import RewardProgram
from rewardlab.store.files import write_json
from rewardlab.training.run import Run

GOOD = """def compute_dense_reward(self, action):
    distance = np.linalg.norm(self.robot.ee_position - self.obj1.position)
    return float(-distance), {"reach": float(-distance)}
"""


@pytest.fixture
def run(tmp_path):
    config = RunConfig("metaworld/drawer-open", 1000, goal="Open it.", reward="program")
    program = RewardProgram(GOOD, config.task, config.goal, None, "m1")
    made = Run.create(tmp_path / "results", config, program=program, name="drawer")
    call = {"model": "m1", "sample": 0, "reply": "x", "tokens": {"prompt_tokens": 1000}}
    wrong = {"attempt": 0, "error": "UnknownName", "findings": ["UnknownName: line 2: x"]}
    write_json(made.path / "llm" / "0001.json", {**call, **wrong, "program_id": "a"})
    right = {"attempt": 1, "error": None, "findings": [], "program_id": program.id}
    write_json(made.path / "llm" / "0002.json", {**call, **right})
    return made


def test_stats_count_errors_and_cost_by_model(cli, run):
    for args in ((), ("drawer",), (run.path,), (run.path / "llm",)):
        done = cli("coder", "stats", *args)
        assert done.code == 0
        assert "m1: 1 candidate, 1 passed, 0 of them at once; 2 calls" in done.out
        assert "2,000 + 0 tokens" in done.out
        assert "NAME" in done.out
        assert "100 %" in done.out
    told = cli("coder", "stats", "--json").json["models"]["m1"]
    assert told["classes"]["NAME"] == {
        "seen": 1,
        "repaired": [1, 0, 0],
        "given_up": 0,
        "rate": 1.0,
    }


def test_without_calls_stats_say_so(cli):
    assert cli("coder", "stats").out == "no recorded calls in results\n"
    told = cli("coder", "stats", "--json").json
    assert told["models"] == {}
    assert told["corrections"]["records"] == 0


def test_a_runs_program_is_added_listed_and_removed(cli, run):
    empty = cli("coder", "library").out
    assert "no entries" in empty
    assert "packaged ones (named by --json)" in empty
    added = cli("coder", "library", "--add", "drawer")
    assert added.code == 0
    assert "metaworld/drawer-open" in added.out
    assert "valid" in added.out
    told = cli("coder", "library", "--json").json
    (entry,) = told["entries"]
    assert (entry["program_id"], entry["run"]) == (run.program.id, "drawer")
    assert entry["invalid"] == ""
    assert "metaworld/reach" in told["packaged"]
    assert cli("coder", "library", "--remove", entry["name"]).code == 0
    assert own().entries == ()


def test_broken_and_invalid_entries_are_told_by_name(cli, run):
    cli("coder", "library", "--add", "drawer")
    (file,) = own_folder().iterdir()
    file.write_text(file.read_text().replace("ee_position", "hand"))
    (own_folder() / "odd.yaml").write_text("task_id: \x1b[31m")
    done = cli("coder", "library")
    assert done.code == 0
    assert "odd.yaml is broken and skipped" in done.err
    assert "UnknownAttribute" in done.out
    assert "\x1b" not in done.out + done.err
    told = cli("coder", "library", "--json").json
    assert [broken["name"] for broken in told["broken"]] == ["odd.yaml"]
    assert cli("coder", "library", "--remove", "odd").code == 0
    assert not (own_folder() / "odd.yaml").exists()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "what"),
        (("stat",), "stats"),
        (("stats", "nope"), "unknown run 'nope'"),
        (("stats", "--add", "x"), "rewardlab coder library"),
        (("library", "drawer"), "--add drawer"),
        (("library", "--add", "nope"), "unknown run 'nope'"),
        (("library", "--remove", "nope"), "unknown library entry 'nope'"),
        (("library", "--remove", ""), "unknown library entry"),
        (("stats", "-o", "x"), "rewardlab coder export"),
        (("learn",), "TASK"),
        (("learn", "metaworld/drawer-ope"), "drawer-open"),
        (("learn", "metaworld/drawer-open", "--rounds", "-1"), "rounds must be at least 0"),
        (("export", "drawer"), "--corrections drawer"),
        (("export", "--corrections", "nope"), "no file of corrections 'nope'"),
        (("export", "-o", "."), "folder"),
    ],
)
def test_misuse_is_one_line(cli, args, said):
    done = cli("coder", *args)
    assert done.code == 2
    assert said.lower() in done.error.lower()


@pytest.fixture
def kept(tmp_path):
    """A file with the correction of a draft, and a line that is none."""
    from rewardlab.coders.base import Reply
    from rewardlab.design.generate import generate

    class Twice:
        name = "twice"

        def write(self, request):
            source = GOOD if request.attempt else GOOD.replace("ee_position", "hand")
            return Reply(f"```python\n{source}```", "m1")

    file = tmp_path / "kept.jsonl"
    generate("metaworld/drawer-open", coder=Twice(), corrections=file)
    with file.open("a") as stream:
        stream.write("oops\n")
    return file


def test_stats_tell_what_corrections_came_to(cli, kept):
    done = cli("coder", "stats", "--corrections", kept)
    assert "1 correction, 1 accepted, 0 of them hollow" in done.out
    assert "E3" in done.out
    assert "line 2 is broken and skipped" in done.err
    told = cli("coder", "stats", "--corrections", kept, "--json").json["corrections"]
    assert told["classes"]["E3"]["rate"] == 1.0
    assert [broken["line"] for broken in told["broken"]] == [2]


def test_export_writes_chat_records(cli, kept, tmp_path):
    done = cli("coder", "export", "--corrections", kept, "-o", "chats.jsonl")
    assert done.out == "chats.jsonl: 1 plan, 2 feedback, 1 correct, of 1 accepted correction\n"
    chats = [json.loads(line) for line in (tmp_path / "chats.jsonl").read_text().splitlines()]
    assert {chat["messages"][-1]["role"] for chat in chats} == {"assistant"}
    assert "gripper_openness" in chats[0]["messages"][1]["content"]
    printed = cli("coder", "export", "--corrections", kept)
    assert [json.loads(line) for line in printed.out.splitlines()] == chats
    assert cli("coder", "export", "--corrections", kept, "--json").json["chats"] == chats


def test_learning_is_told_and_goes_on(cli, answers):
    wrong = GOOD.replace("ee_position", "claw")
    answers(*(f"```python\n{source}```" for source in (wrong, GOOD, GOOD)))
    flags = ("--coder", "openai", "--teachers", "none", "--seed", 3)
    args = ("coder", "learn", "metaworld/drawer-open", "Open it.", *flags)
    first = cli(*args, "-k", 1, "--json").json
    assert first["rows"][0]["severities"] == [[6, 1], [0, 0]]
    assert [one["share"] for one in first["exec"]] == [0.0, 1.0, 1.0, 1.0]
    done = cli(*args, "-k", 2)
    assert "program 2 of 2" in done.err
    assert "program 1 of 2" not in done.err
    assert "50 %" in done.out
    told = cli("coder", "stats", "--json").json
    (practice,) = told["practice"].values()
    assert practice["programs"] == 2
    assert told["corrections"]["records"] == 1
    assert "UNKNOWN_MEMBER" in next(iter(told["models"].values()))["classes"]
