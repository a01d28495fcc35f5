"""A task, programs for it that pass and that do not, and finished runs with a program."""

import pytest

from rewardlab.config import RunConfig
from rewardlab.program.program import RewardProgram
from rewardlab.store.files import write_json, write_text
from rewardlab.training.run import Run

GOOD = """def compute_dense_reward(self, action):
    distance = np.linalg.norm(self.robot.ee_position - self.obj1.position)
    reach = 1.0 - np.tanh(5.0 * distance)
    opened = 1.0 - np.tanh(5.0 * np.linalg.norm(self.goal_position - self.obj1.position))
    return float(reach + opened), {"reach": float(reach), "opened": float(opened)}
"""


@pytest.fixture(scope="session")
def task():
    from rewardlab.envs.tasks import task

    return task("metaworld/drawer-open")


@pytest.fixture
def good():
    return GOOD


@pytest.fixture
def unknown_member():
    return GOOD.replace("self.robot.ee_position", "self.robot.hand_position")


@pytest.fixture
def block():
    return lambda source: f"First reach, then pull.\n\n```python\n{source}```\n"


@pytest.fixture
def events():
    """Collects what is told: pass it as `on_event`."""

    class Events(list):
        def __call__(self, kind, line):
            assert "\n" not in line
            self.append((kind, line))

        def of(self, kind):
            return [line for k, line in self if k == kind]

    return Events()


@pytest.fixture
def make_run(tmp_path):
    """Make a finished run with a program and what training would have written."""

    def make(name, source=GOOD, *, parent=None, created="2026-01-01T00:00:00Z", reward="program"):
        config = RunConfig("metaworld/drawer-open", 1000, goal="Open the drawer.", reward=reward)
        program = None
        if reward == "program":
            program = RewardProgram(source, config.task, config.goal, parent, "test")
        run = Run.create(tmp_path / "results", config, program=program, name=name)
        run.update(created=created, status="finished")
        run.add_evaluation(
            {"timesteps": 500, "success": 0.25, "success_ci": [0.1, 0.5], "return_mean": 10.0}
        )
        write_text(
            run.path / "progress.csv",
            "time/total_timesteps,reward/terms/reach,reward/terms/opened,rollout/success_rate\n"
            "100,0.1,0.5,0.0\n200,0.2,,0.1\n300,0.3,0.5,0.2\n400,0.4,0.5,0.4\n",
        )
        write_json(
            run.path / "evaluation.json",
            {"episodes": 20, "success": 0.3, "success_ci": [0.14, 0.52], "return_mean": 12.5},
        )
        return run

    return make
