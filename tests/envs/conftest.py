from functools import cache

import numpy as np
import pytest

from rewardlab.envs.tasks import task
from rewardlab.sandbox.facade import facade
from rewardlab.sandbox.runner import RewardRunner
from tests.envs.driving import DOORS, NAMES


@cache
def _only(id):
    return task(id).make_env()


@pytest.fixture(params=NAMES)
def mobile(request):
    """A task of a robot that drives."""
    return request.param


@pytest.fixture(params=DOORS)
def door(request):
    """A task of a robot that drives and opens."""
    return request.param


@pytest.fixture
def suite(request):
    """The suite that a module tests: its `SUITE`."""
    return request.module.SUITE


@pytest.fixture
def build(suite):
    """Builds the environment of a task of the suite."""
    return lambda name, seed=0, **options: task(f"{suite}/{name}").make_env(seed=seed, **options)


@pytest.fixture
def reused(suite):
    """Gives the one environment of a task as if it was fresh; building it takes long."""

    def again(name, seed=0):
        env = _only(f"{suite}/{name}")
        env.env._seed = seed  # used at the next reset
        return env

    return again


@pytest.fixture
def live(suite):
    """Shows a recorded row as a program sees it."""

    def see(name, row):
        made = facade(task(f"{suite}/{name}").scene)
        made.buffer[:] = row
        return made.scene

    return see


@pytest.fixture
def play(suite):
    """Yields what the scripted policy meets."""
    from scripted import scripted

    def steps_of(name, env, steps=50):
        env.reset()
        policy = scripted(f"{suite}/{name}", env)
        for _ in range(steps):
            yield env.step(policy())

    return steps_of


@pytest.fixture
def rewards_of():
    """Scores what was met by a program: an array for each list of infos."""

    def score(program, scene, *met):
        with RewardRunner(program, scene) as runner:
            rows = (np.array([info["scene"] for info in infos]) for infos in met)
            return [runner.evaluate(row).reward for row in rows]

    return score


@pytest.fixture
def roll():
    """Steps an environment with seeded random actions and collects what it says."""

    def run(env, steps, *, seed=0):
        rng = np.random.default_rng(seed)
        obs, info = env.reset()
        out = [(obs, 0.0, False, False, info)]
        for _ in range(steps):
            action = rng.uniform(-1, 1, env.action_space.shape).astype(np.float32)
            out.append(env.step(action))
            if out[-1][2] or out[-1][3]:
                env.reset()
        return out

    return run


@pytest.fixture
def get():
    """Reads a field of a scene block by its path."""

    def read(schema, row, path):
        slot = schema.layout[path]
        return row[slot.start : slot.stop].reshape(slot.field.shape)

    return read


@pytest.fixture
def check_members():
    """Asserts that a scene block holds what its schema promises."""

    def check(schema, row):
        assert row.shape == (schema.row_size,)
        assert row.dtype == np.float64
        assert np.isfinite(row).all()
        for path, slot in schema.layout.items():
            value, field = row[slot.start : slot.stop], slot.field
            if field.kind == "bool":
                assert value[0] in (0.0, 1.0), path
            if field.kind == "float":
                assert field.shape == (), path
            if field.low is not None:
                assert (value >= field.low - 1e-9).all(), path
            if field.high is not None:
                assert (value <= field.high + 1e-9).all(), path
            if field.kind.startswith("pose"):
                length = np.linalg.norm(value.reshape(-1, 7)[:, 3:], axis=1)
                assert length == pytest.approx(1.0, abs=1e-6), path
            if path.endswith("._cloud"):
                assert value[0] == int(value[0]), path
            if path.endswith("._grasp"):
                assert (value >= 0.0).all(), path
                assert (value[2:] <= 180.0).all(), path
            if field.name == "quaternion":
                assert np.linalg.norm(value) == pytest.approx(1.0, abs=1e-6), path

    return check
