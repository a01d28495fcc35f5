import os
import subprocess
import sys

import pytest

from rewardlab import __version__
from rewardlab.cli import VERBS

HEAVY = {"torch", "numpy", "mujoco", "gymnasium", "stable_baselines3", "tyro", "rich", "openai"}


def modules_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint('\\n' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_help_names_every_verb_and_imports_nothing_heavy():
    loaded = modules_after("from rewardlab.cli import main; assert main(['--help']) == 0")
    assert not loaded & HEAVY


def test_help_of_the_verbs_leaves_torch_and_mujoco_alone():
    loaded = modules_after(
        "from rewardlab.cli import main, VERBS\n"
        "assert not any(main([verb, '--help']) for verb in VERBS)"
    )
    assert not loaded & (HEAVY - {"tyro", "rich"})


@pytest.mark.parametrize(
    ("verb", "may"), [("coder", "WHAT [TASK [GOAL] | RUN ...]"), ("tasks", "[WORD]")]
)
def test_help_shows_what_may_be_left_out(cli, verb, may):
    assert may in cli(verb, "--help").out.splitlines()[0]


@pytest.mark.parametrize("ask", [["--help"], ["-h"], ["help"]])
def test_help_goes_to_stdout(cli, ask):
    done = cli(*ask)
    assert done.code == 0
    for verb, line in VERBS.items():
        assert f"  {verb} " in done.out
        assert line in done.out


def test_no_verb_is_misuse(cli):
    done = cli()
    assert (done.code, done.out) == (2, "")
    assert "usage: rewardlab VERB" in done.err


def test_version(cli):
    assert cli("--version").out == f"rewardlab {__version__}\n"


def test_unknown_verb_names_the_closest(cli):
    done = cli("trian", "metaworld/drawer-open")
    assert done.code == 2
    assert done.error.startswith("unknown verb 'trian'; did you mean train?")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_examples(cli, verb):
    done = cli(verb, "--help")
    assert done.code == 0
    assert f"usage: rewardlab {verb}" in done.out
    assert f"Examples:\n  rewardlab {verb}" in done.out
    assert "--json" in done.out
    assert cli("help", verb).out == done.out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_refuses_unknown_flags_and_names_the_closest(cli, verb):
    done = cli(verb, "--jsn")
    assert done.code == 2
    assert done.error.startswith("unknown flag '--jsn'; did you mean --json")


def test_python_m_runs_the_same_command():
    done = subprocess.run([sys.executable, "-m", "rewardlab", "--version"], capture_output=True)
    assert done.stdout.decode() == f"rewardlab {__version__}\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_fault(closed):
    command = f"{sys.executable} -m rewardlab tasks --json {closed}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_without_our_characters_gets_them_spelled():
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "rewardlab", "runs", "--out", "grün"]
    done = subprocess.run(command, capture_output=True, env=env)
    assert done.stdout == b"no runs in gr\\xfcn\n"


def test_a_reader_that_leaves_early_gets_no_traceback():
    for unbuffered in ("", "1"):
        command = f"PYTHONUNBUFFERED={unbuffered} {sys.executable} -m rewardlab tasks | head -n 1"
        done = subprocess.run(command, shell=True, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("task")
