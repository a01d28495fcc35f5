import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from rewardlab.errors import StorageError
from rewardlab.evaluation.caption import caption
from rewardlab.evaluation.report import report
from rewardlab.evaluation.video import write_clip
from rewardlab.store.files import read_json, write_json
from rewardlab.training.train import train

VOID = {"meta", "br", "hr", "img", "link", "input", "use", "path"}


class Page(HTMLParser):
    """Collects text, tags and addresses, and checks that tags are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.words, self.open = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [v for k, v in attrs if k in ("src", "href", "xlink:href", "poster") and v]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", "".join(self.words))


def page(run):
    return Page(report(run).path.read_text("utf-8"))


def test_everything_about_a_run_is_on_one_page(make_run, parent_source):
    parent = make_run(parent_source, name="parent")
    child = make_run(parent=parent.program.id)
    comment = "It reaches but never pulls."
    write_json(parent.path / "feedback.json", {"comment": comment, "child": child.program.id})
    text = page(child).text
    for fact in (
        "Open the drawer by its handle", "metaworld/drawer-open",  # goal and task
        "def compute_dense_reward(self, action):", child.program.id,  # program
        "pull", "the drawer comes to its goal", "the hand comes to the handle",  # terms, explained
        "85 %", "17 of 20", "64 % to 95 %", "Solved means",  # success, interval, definition
        "812", "760 to 860",  # native return
        "✓ Accepted", "LargeReward", "scale the terms",  # verdict
        comment, "- return 1.0 * reach", "+ # the drawer comes to its goal",  # from the parent
        "rewardlab train metaworld/drawer-open --reward", "--config",  # again
        "torch 2.9.0", "seccomp ✓", "Linux-6.1-x86_64", "full",  # versions, sandbox, machine
        "substituted 7",  # what happened to the program in training
    ):  # fmt: skip
        assert fact in text, fact


def test_the_page_says_how_the_program_was_held(make_run):
    run = make_run()
    found = page(run)
    held = read_json(run.path / "sandbox.json")
    assert f"ran in the sandbox at level {held['sandbox_level']}" in found.text
    assert "NonFiniteReward 7" in found.text
    assert "respawns 0" in found.text
    assert "7 steps were scored 0 instead (NonFiniteReward 7)" in found.text
    for fact in (held["kernel"], held["filter"] or "–", held["vocabulary"], "trust pickle no"):
        assert fact in found.text, fact
    assert read_json(run.path / "report.json")["sandbox"] == held
    assert "not fully jailed" not in found.text or held["sandbox_level"] != "full"


def test_less_than_the_full_sandbox_is_said_loudly(make_run):
    run = make_run()
    missing = {"name": "landlock", "works": False, "why": "this kernel does not have it"}
    held = read_json(run.path / "sandbox.json")
    held |= {"sandbox_level": "partial", "layers": [missing]}
    write_json(run.path / "sandbox.json", held)
    text = page(run).text
    assert "The sandbox was only partial:" in text
    assert "landlock ✗ this kernel does not have it" in text


def test_a_run_that_failed_says_why(make_run):
    run = make_run(finished=False)
    run.release("failed", reason="the reward program failed on row 3: it raised <b>boom</b>")
    assert "Why: the reward program failed on row 3: it raised <b>boom</b>." in page(run).text


def test_the_page_has_figures_and_loads_nothing(make_run):
    found = page(make_run())
    assert found.tags.count("svg") == 4
    assert "script" not in found.tags
    assert all(link.startswith(("#", "data:")) for link in found.links)


def test_the_numbers_are_returned_and_written_as_data(make_run):
    run = make_run()
    result = report(run)
    assert (result.success, result.episodes, result.return_mean) == (0.85, 20, 812.25)
    assert result.success_ci.low == pytest.approx(0.6396, abs=1e-4)
    assert [term.name for term in result.terms] == ["pull", "reach", "effort"]
    data = json.loads(result.json_path.read_text())
    assert data["evaluation"]["success"] == 0.85
    assert len(data["learning_curve"]) == 6
    assert data["source"] == run.program.source
    assert data["terms"][0]["share"] == pytest.approx(result.terms[0].share)


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "{{7*7}}", "{% raw %}", '"><b>'])
def test_text_from_outside_stays_text(make_run, hostile):
    source = f"def compute_dense_reward(self, action):\n    return 0.0, {{{hostile!r}: 0.0}}\n"
    run = make_run(source, goal=hostile)
    write_json(run.path / "feedback.json", {"comment": f"I say {hostile}", "rating": 3})
    progress = run.path / "progress.csv"
    quoted = hostile.replace('"', '""')
    progress.write_text(f'time/total_timesteps,"reward/terms/{quoted}"\n10,1\n20,2\n')
    found = page(run)
    assert "script" not in found.tags
    assert "49" not in "".join(found.words[:20])
    assert f"I say {hostile}" in "".join(found.words)
    assert "".join(found.words).count(hostile) >= 4


def test_invisible_characters_of_others_are_shown(make_run):
    """Else a program, or a comment, could read otherwise than it is."""
    odd = "\x1b[31m\u202eevil\u2066 $x^2$ [bold]b[/bold] " + "x" * 3000
    run = make_run(f"# {odd}\ndef compute_dense_reward(self, action):\n    return 0.0\n", goal=odd)
    write_json(run.path / "feedback.json", {"comment": odd, "rating": 3})
    name = odd.replace(",", "")
    columns = f'time/total_timesteps,"reward/terms/{name}"'
    (run.path / "progress.csv").write_text(f"{columns}\n10,1\n20,2\n", "utf-8")
    html = report(run).path.read_text("utf-8")
    assert not {"\x1b", "\u202e", "\u2066"} & set(html)
    assert html.count("x202eevil") >= 4


def test_a_run_that_only_began_says_what_is_missing(make_run):
    run = make_run(name="begun", finished=False, evaluated=False, rows=0, reward="oracle")
    result = report(run)
    text = page(run).text
    assert result.success is None
    assert "is interrupted: 0 of 60,000 steps" in text
    assert "--resume" in text
    assert "not evaluated yet" in text
    assert "rewardlab evaluate" in text
    assert "svg" not in page(run).tags


def test_a_run_without_versions_still_gives_a_report(make_run):
    run = make_run()
    (run.path / "versions.json").unlink(missing_ok=True)
    assert "versions" in page(run).text


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("evaluation.json", "[1]", "it holds a list"),
        ("evaluation.json", '{"success": 1.0}', "evaluate the run again"),
        ("verdict.json", "[1]", "it holds a list"),
    ],
)
def test_a_damaged_file_is_said(make_run, file, text, said):
    run = make_run()
    (run.path / file).write_text(text)
    with pytest.raises(StorageError, match=f"{file} is damaged.*{said}"):
        report(run)


def test_a_task_without_a_signal_is_said_to_have_none(make_run):
    result = report(make_run(signal=False))
    assert result.success is None
    text = Page(result.path.read_text()).text
    assert "no success signal" in text
    assert "0 of 20" not in text


def test_a_parent_that_is_gone_is_named_and_no_error(make_run):
    text = page(make_run(parent="f" * 64)).text
    assert "Parent program ffffffffffff" in text
    assert "cannot be shown" in text


def test_a_damaged_progress_file_still_gives_a_report(make_run):
    run = make_run()
    with (run.path / "progress.csv").open("ab") as file:
        file.write(b"61000,\xff\xfe,nonsense\n62000")
    assert [term.name for term in report(run).terms] == ["pull", "reach", "effort"]


def test_a_video_is_inside_the_page(make_run):
    run = make_run()
    grey = np.full((64, 96, 3), 90, np.uint8)
    write_clip(run.path / "video.mp4", (caption(grey, "Goal", "episode 1", True) for _ in range(9)))
    found = page(run)
    assert "video" in found.tags
    assert any(link.startswith("data:video/mp4;base64,") for link in found.links)
    assert any(link.startswith("data:image/jpeg;base64,/9j/") for link in found.links)


def test_a_report_can_be_made_again_and_is_the_same(make_run):
    run = make_run()
    first = report(run).path.read_bytes()
    assert report(run).path.read_bytes() == first


def test_a_run_with_an_adaptive_design_shows_how_it_changed(tmp_path):
    run = train(
        "tabular/linek-2024",
        algo="ppo",
        shaper="expadard",
        shaper_options={"gamma": 0.99},
        n_timesteps=64,
        n_envs=1,
        hyperparameters={"gamma": 0.99, "n_steps": 16, "batch_size": 16},
        out=tmp_path,
        eval_freq=0,
    )
    found = page(run)
    assert "‖ΔR‖ of a new design" in found.text
    assert "informativeness I_h" in found.text
