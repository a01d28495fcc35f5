import numpy as np
import pytest
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv

from rewardlab.envs.tasks import task as get_task
from rewardlab.program.program import RewardProgram
from rewardlab.training.venv import LeanVecEnv, make_venv


def play(venv, n):
    rng = np.random.default_rng(0)
    shape = (venv.num_envs, *venv.action_space.shape)
    venv.reset()
    return [venv.step(rng.uniform(-1, 1, shape).astype(np.float32)) for _ in range(n)]


def test_monitor_is_the_outermost_wrapper_of_each_environment(task):
    venv = make_venv(task, n_envs=2, seed=0)
    assert all(isinstance(env, Monitor) for env in venv.unwrapped.envs)


def test_our_vec_env_steps_as_that_of_sb3_does(make_task):
    def make(i):
        task = make_task(horizon=5)
        return lambda: Monitor(task.make_env(seed=i))

    both = [cls([make(i) for i in range(3)]) for cls in (DummyVecEnv, LeanVecEnv)]
    for venv in both:
        venv.seed(3)
    for theirs, ours in zip(*(play(venv, 12) for venv in both), strict=True):
        for a, b in zip(theirs[:3], ours[:3], strict=True):
            np.testing.assert_array_equal(a, b)
        for a, b in zip(theirs[3], ours[3], strict=True):
            assert a.keys() == b.keys()
            assert a["TimeLimit.truncated"] == b["TimeLimit.truncated"]
            np.testing.assert_array_equal(a["scene"], b["scene"])


def test_an_episode_is_solved_if_any_of_its_steps_is(task):
    venv = make_venv(task, n_envs=4, seed=0)
    solved = np.zeros(4, bool)
    ended = 0
    for _, _, dones, infos in play(venv, 60):
        solved |= [info["success"] for info in infos]
        for i in np.flatnonzero(dones):
            assert infos[i]["is_success"] == solved[i]
            ended += 1
        solved[dones] = False
    assert ended >= 12


def test_a_task_without_a_signal_reports_no_success(make_task):
    venv = make_venv(make_task(success=False), n_envs=2, seed=0)
    assert all("is_success" not in info for *_, infos in play(venv, 25) for info in infos)


def test_a_predicate_of_the_user_is_judged_in_the_jail(make_task):
    source = (
        "def compute_dense_reward(self, action):\n    return 1.0 if self.position > 0 else 0.0\n"
    )
    task = make_task(success=False, success_program=RewardProgram(source))
    venv = make_venv(task, n_envs=3, seed=0)
    try:
        for *_, infos in play(venv, 5):
            for info in infos:
                assert info["success"] == (info["scene"][0] > 0)
    finally:
        venv.close()


@pytest.mark.parametrize("vec_env", ["dummy", "subproc"])
def test_episodes_follow_from_the_seed_however_they_are_stepped(vec_env):
    task = get_task("locomotion/hopper-forward")
    venv = make_venv(task, n_envs=2, seed=5, vec_env=vec_env)
    reference = make_venv(task, n_envs=2, seed=5)
    try:
        np.testing.assert_array_equal(venv.reset(), reference.reset())
        for ours, theirs in zip(play(venv, 3), play(reference, 3), strict=True):
            np.testing.assert_array_equal(ours[0], theirs[0])
    finally:
        venv.close()
        reference.close()
