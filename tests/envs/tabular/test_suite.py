"""The published MDPs as tasks of the platform: scenes, success, options and a training run."""

import numpy as np
import pytest

import rewardlab
from rewardlab.envs.recording import slices
from rewardlab.envs.tabular import PUBLISHED, mdp
from rewardlab.envs.tasks import task, tasks
from rewardlab.errors import ConfigError, UnknownName


def scene(made, info):
    """Return the current scene of a recorded row by field."""
    return {path: float(info["scene"][at].item()) for path, at in slices(made.scene).items()}


def put(env, s):
    env.unwrapped.s = s


def test_all_are_listed():
    found = {entry.id for entry in tasks() if entry.suite == "tabular"}
    assert found == {f"tabular/{name}" for name in PUBLISHED}
    with pytest.raises(UnknownName, match="tabular/room-20"):
        task("tabular/rom-2021")


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_runs_to_its_horizon_at_most(name):
    made = task(f"tabular/{name}")
    assert made.horizon == mdp(name).horizon
    env = made.make_env(seed=0)
    env.reset()
    env.action_space.seed(0)
    terminated, n_steps = False, 0
    while not (terminated or n_steps == made.horizon):
        *_, terminated, truncated, info = env.step(env.action_space.sample())
        assert info["scene"].shape == (made.scene.row_size,)
        assert isinstance(info["success"], bool)
        n_steps += 1
        assert truncated == (n_steps == made.horizon and not terminated)


def test_a_room_shows_the_cell():
    made = task("tabular/room-2024")
    env = made.make_env(seed=0)
    _, info = env.reset()
    assert scene(made, info) == {"x": 1, "y": 1, "ended": 0}
    put(env, 48)
    *_, terminated, _, info = env.step(3)
    assert terminated
    assert info["success"]
    assert scene(made, info) == {"x": 0, "y": 0, "ended": 1}


def test_a_line_shows_the_place_and_the_key():
    made = task("tabular/linek-2024")
    env = made.make_env(seed=0)
    env.reset()
    put(env, 1)
    *_, info = env.step(2)
    assert scene(made, info) == {"place": 0, "has_key": 1, "has_right_key": 1, "ended": 0}
    put(env, 19)
    _, reward, terminated, _, info = env.step(1)
    assert (reward, terminated, info["success"]) == (10, True, True)


def test_the_continuous_line_shows_which_key_it_is():
    made = task("tabular/linek-2022", distractor=True)
    env = made.make_env(seed=0)
    env.reset()
    for action, right in ((2, 1), (3, 0)):
        env.unwrapped.x, env.unwrapped.key = 0.05, None
        *_, info = env.step(action)
        seen = scene(made, info)
        assert seen.pop("place") == pytest.approx(0.05)
        assert seen == {"has_key": 1, "has_right_key": right, "ended": 0}
    env.unwrapped.x = 0.95
    _, reward, _, _, info = env.step(1)
    assert (reward, info["success"]) == (0.01, False)
    env.unwrapped.x, env.unwrapped.key = 0.95, 0
    assert env.step(1)[4]["success"]


def test_a_chain_shows_the_place_and_a_distractor_is_no_success():
    made = task("tabular/chain-2022", n1=3, n2=20, distractor=True)
    env = made.make_env(seed=0, native_reward=False)
    _, info = env.reset()
    assert scene(made, info) == {"place": 20, "ended": 0}
    for s, action, success in ((5, 0, False), (23, 1, True)):
        put(env, s)
        _, reward, _, _, info = env.step(action)
        assert (reward, info["success"]) == (0.0, success)


def test_a_task_is_built_again_from_its_options():
    made = task("tabular/chain-2022", n1=15, n2=20, horizon=30)
    again = task(made.id, **made.options)
    assert (again.horizon, again.options, again.scene) == (30, made.options, made.scene)
    assert again.make_env().observation_space.n == 37
    with pytest.raises(ConfigError, match="did you mean 'distractor'"):
        task("tabular/room-2022", distracter=True)
    with pytest.raises(ConfigError, match="horizon=0"):
        task("tabular/room-2022", horizon=0)


@pytest.mark.parametrize(("algo", "n_timesteps"), [("ppo", 2048), ("dqn", 3000)])
def test_algorithms_take_the_number_of_a_state(algo, n_timesteps, tmp_path):
    made = task("tabular/chain-2022", n1=1, n2=3, horizon=8)
    run = rewardlab.train(made, "oracle", algo=algo, n_timesteps=n_timesteps, out=tmp_path)
    assert rewardlab.evaluate(run, episodes=20).success > 0.9


def test_programs_read_the_scene(tmp_path):
    source = "def compute_dense_reward(self, action) -> float:\n    return self.x + self.y\n"
    program = rewardlab.RewardProgram(source, "tabular/room-2021")
    verdict = rewardlab.validate(program, task("tabular/room-2021"))
    assert verdict.ok, verdict.findings
    assert np.isfinite(verdict.seconds)
