import pytest

from rewardlab.envs.tasks import task as get_task
from rewardlab.training.run import Run

PROGRAM = "def compute_dense_reward(self, action):\n    return -float(self.obj1.position[1])\n"


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "reward.py"
    path.write_text(PROGRAM)
    return path


def test_the_papers_recipe_decides_what_the_user_leaves_open(cli, program):
    flags = ("--n-envs", 2, "-n", 20, "--eval-freq", 0, "--no-native-reward", "--json")
    done = cli(
        "train", "metaworld/drawer-close", "--reward", program, "--preset", "text2reward", *flags
    )
    assert done.code == 0, done.err
    config = Run(done.json["path"]).config
    assert (config.algo, config.preset, config.n_timesteps) == ("sac", "text2reward", 20)
    assert config.n_envs == 2
    assert get_task(config.task, **config.task_options).horizon == 500
    assert config.hyperparameters["batch_size"] == 512
    again = cli("train", "--resume", done.json["path"], "-n", 40, "--json")
    assert again.code == 0, again.err


def test_a_preset_that_says_no_length_asks_for_one(cli, program):
    done = cli("train", "metaworld/drawer-close", "--reward", program)
    assert done.code == 2
    assert "say how long to train: -n STEPS" in done.error


@pytest.mark.parametrize(
    ("flags", "error"),
    [
        (("locomotion/ant-forward", "--preset", "text2reward"), "use another preset, e.g. fast"),
        (("metaworld/push", "-n", 9, "--engine", "envpool"), "use the engine python"),
        (("metaworld/push", "-n", 9, "--engine", "envpol"), "did you mean envpool"),
        (("metaworld/push", "-n", 9, "--until-success", 2), "share from 0 to 1"),
    ],
)
def test_what_does_not_fit_is_one_line(cli, flags, error, tmp_path):
    done = cli("train", *flags)
    assert done.code == 2
    assert error in done.error
    assert not (tmp_path / "results").exists()
