import numpy as np
import pytest


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
