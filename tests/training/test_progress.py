import io

from rich.console import Console

from rewardlab.training.prepare import prepare
from rewardlab.training.progress import ProgressBar
from rewardlab.training.session import open_session
from rewardlab.training.train import train

PPO = {"n_steps": 32, "batch_size": 64, "n_epochs": 1}
SMALL = {"n_envs": 2, "policy_kwargs": {"net_arch": [16]}, "eval_episodes": 2}


def test_off_a_terminal_progress_is_plain_lines_on_stderr(task, tmp_path, capsys):
    train(task, n_timesteps=640, hyperparameters=PPO, progress=True, out=tmp_path, **SMALL)
    out, err = capsys.readouterr()
    assert out == ""
    assert "of 640 steps" in err
    assert "evaluated on 2 episodes: success" in err
    assert "\x1b" not in err


def test_a_silent_run_prints_nothing(task, tmp_path, capfd):
    train(task, n_timesteps=128, hyperparameters=PPO, out=tmp_path, **SMALL)
    assert capfd.readouterr() == ("", "")


def test_a_terminal_gets_a_bar(task, tmp_path):
    run = prepare(task, n_timesteps=320, hyperparameters=PPO, out=tmp_path, **SMALL)
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    with open_session(run, task, None) as session:
        bar = ProgressBar(320, session.logger, console)
        session.model.learn(320, callback=bar)
    assert "320/320 steps" in screen.getvalue()
