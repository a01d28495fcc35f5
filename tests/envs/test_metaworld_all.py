"""All 50 MetaWorld tasks: what a coder reads, what any program may read, and what is composed."""

import numpy as np
import pytest

from rewardlab.design.generate import generate
from rewardlab.design.validate import validate
from rewardlab.envs.metaworld.table import ROWS, Near
from rewardlab.envs.tasks import task
from rewardlab.program.program import RewardProgram


def reads_everything(schema):
    """A program with a term for each member that a coder is told of, in the published style."""
    lines = ["def compute_dense_reward(self, action, obs):", "    terms = {}"]
    for path in schema.described:
        moved = f"np.sum(self.{path}) - np.sum(self.initial.{path})"
        lines.append(f"    terms[{path!r}] = float(np.tanh({moved}))")
    goal = "np.linalg.norm(self.obj1.position - self.goal_position)"
    lines += [
        f"    terms['left'] = float(-{goal})",
        "    terms['moved'] = float(np.linalg.norm(self.obj1.position - "
        "self.previous.obj1.position))",
        "    terms['time'] = -0.01 * self.time",
        "    terms['effort'] = float(-0.01 * np.sum(np.square(action)) + 0.0 * obs[0])",
        "    return sum(terms.values()), terms",
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", ROWS)
def test_programs_that_read_all_of_it_are_valid_and_so_is_the_one_that_is_composed(name):
    made, row = task(f"metaworld/{name}"), ROWS[name]
    text = made.describe()
    assert text.startswith(f"Task metaworld/{name}: {row.goal}\n")
    assert f"Object  # {row.obj1}\n" in text
    assert ("obj2" in text) is bool(row.obj2)
    for path in made.scene.described:
        assert f"    {path.rpartition('.')[2]}: " in text
    verdict = validate(RewardProgram(reads_everything(made.scene), made.id, made.goal), made)
    assert verdict.ok, verdict.findings
    assert generate(made, coder="offline")  # validated, or it raises


@pytest.mark.filterwarnings("ignore:Constant.s. may be too high")
def test_handle_pull_is_solved_within_its_axis_alone(get):
    from metaworld.policies import ENV_POLICY_MAP

    made, scored = task("metaworld/handle-pull"), ROWS["handle-pull"].scored
    assert isinstance(scored, Near)
    assert (scored.axes, scored.within) == ("z", 0.05)
    env, expert = made.make_env(seed=3), ENV_POLICY_MAP["handle-pull-v3"]()
    obs, info = env.reset()
    assert scored.within == env.unwrapped.TARGET_RADIUS
    seen, rewards = [], []
    for _ in range(120):
        obs, reward, _, _, info = env.step(np.clip(expert.get_action(obs), -1, 1))
        apart = get(made.scene, info["scene"], "obj1.position") - get(
            made.scene, info["scene"], "goal_position"
        )
        assert info["success"] is bool(abs(apart[2]) <= scored.within)
        assert abs(apart[0]) == pytest.approx(0.05, abs=0.01)  # the residual that is told
        seen.append(info["success"])
        rewards.append(reward)
    assert not seen[0]
    assert seen[-1]
    assert rewards[-1] == 10.0 > rewards[0]
