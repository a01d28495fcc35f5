"""What a reward pays in which states: tables, layouts, curves, pictures."""

import numpy as np
import pytest

import rewardlab
from rewardlab.envs.tabular import mdp, value_iteration
from rewardlab.envs.tabular.published import PUBLISHED
from rewardlab.errors import UnknownName, UsageError
from rewardlab.evaluation import partial
from rewardlab.evaluation.inspected import bind, designed, finite_mdp, gaps, inspected, table_of
from rewardlab.evaluation.layouts import layout
from rewardlab.evaluation.shaping import of_task
from rewardlab.evaluation.statemaps import _on_grid, draw
from rewardlab.program.program import RewardProgram
from rewardlab.shapers.base import Shaped, Shaper
from rewardlab.shapers.plain import NativeShaper, SparseShaper
from rewardlab.shapers.potential import Potential
from rewardlab.shapers.tables.potentials import shaped as shaped_table


class Places(Shaper):
    """Pays the number of the successor."""

    def shape(self, batch):
        bonus = batch.next_obs.astype(float)
        return Shaped(batch.r_ext + bonus, {"place": bonus})


def test_a_shaper_is_asked_for_every_transition():
    m = mdp("room-2021")
    shapers = [NativeShaper(), Places()]
    bind(shapers, m)
    reward, maps = table_of(shapers, m)
    places = np.einsum("sza,z->sa", m.T, np.arange(m.n_states))
    places[m.terminal] = 0.0
    np.testing.assert_allclose(reward, m.R + places)
    np.testing.assert_allclose(maps["place, largest over actions"], places.max(axis=1))


def test_a_potential_is_drawn_itself_and_its_table_is_exact():
    m = mdp("room-2021")
    phi = np.random.default_rng(0).normal(size=m.n_states)
    phi[m.terminal] = 0.0
    shaper = Potential(phi)
    bind([shaper], m)
    reward, maps = table_of([shaper], m)
    np.testing.assert_allclose(reward, shaped_table(m, phi), atol=1e-12)
    np.testing.assert_allclose(maps["potential"], phi)
    assert inspected("Φ", m, reward).certificate.kept


def test_success_pays_where_the_goal_pays():
    m = mdp("linek-2024")
    reward, _ = table_of([SparseShaper()], m)
    np.testing.assert_allclose(reward, m.R / m.R.max())


def test_designs_by_name():
    m = mdp("room-2021")
    found = designed(m, "exprd", {"budget": 2})
    assert found.chosen == (0, 15)
    assert found.history[0] == pytest.approx(0.1557305, abs=1e-7)
    assert found.support == (0, 15, 48)
    assert not designed(m, "craft", {}).certificate.kept
    assert designed(m, "none", {}).support == (48,)
    with pytest.raises(UnknownName, match="did you mean exprd"):
        designed(m, "exprdd", {})
    with pytest.raises(UsageError, match="cannot be designed with"):
        designed(m, "pbrs", {"budget": 2})


def test_gaps_are_those_of_the_task_where_the_potential_is_its_value():
    """With Φ = V* one step shows what the task's own gaps are."""
    m = mdp("room-2021")
    wanted, ahead = gaps(m, designed(m, "pbrs", {}).reward)
    assert (np.diff(wanted) <= 0).all()
    for seen in ahead.values():
        np.testing.assert_allclose(seen, wanted, atol=1e-9)


def test_which_tasks_are_finite():
    assert finite_mdp("tabular/room-2022", gamma=0.5, options={"distractor": True}).gamma == 0.99
    assert finite_mdp("gym/FrozenLake-v1", gamma=0.5, options={"is_slippery": False}).gamma == 0.5
    assert finite_mdp("gym/CartPole-v1", gamma=0.5) is None
    assert finite_mdp("metaworld/window-open", gamma=0.5) is None


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_mdp_has_its_place(name):
    m = mdp(name)
    place = layout(m)
    assert place.cell.shape == (m.n_states,)
    assert sorted(place.cell[:-1]) == list(range(m.terminal))
    assert place.cell[-1] == -1
    assert place.rows * place.columns == m.terminal
    assert len(place.actions) == m.n_actions


def test_rooms_stand_as_their_map():
    place = layout(mdp("room-2021"))
    grid = _on_grid(place, np.arange(50.0))
    assert (grid[6, 0], grid[0, 6], grid[0, 0]) == (0, 48, 42)  # s = 7y + x, y upwards
    assert place.marks == {5 * 7 + 1: "S", 6: "G"}
    assert len(place.walls) == 10


@pytest.mark.parametrize(
    ("id", "shape"), [("FrozenLake-v1", (4, 4)), ("CliffWalking-v1", (4, 12)), ("Taxi-v4", (5, 5))]
)
def test_toy_text_stands_as_its_map(id, shape):
    m = finite_mdp(f"gym/{id}", gamma=0.95)
    place = layout(m)
    assert (place.rows, place.columns) == shape
    assert len(place.actions) == m.n_actions
    q, _ = value_iteration(m)
    assert _on_grid(place, q.max(axis=1)).shape == shape


def test_letters_stand_only_on_the_map_that_they_are_of(tmp_path):
    assert layout(finite_mdp("gym/FrozenLake-v1", gamma=0.9)).marks[15] == "G"
    for options, side in (
        ({"map_name": "8x8"}, 8),
        ({"desc": ["SFFF", "FFFF", "FFHH", "FFFG"]}, 4),
    ):
        m = finite_mdp("gym/FrozenLake-v1", gamma=0.9, options=options)
        place = layout(m)
        assert (place.rows, place.columns, dict(place.marks)) == (side, side, {0: "S"})
    draw(inspected("another", m, m.R), tmp_path / "lake.png")
    assert (tmp_path / "lake.png").stat().st_size > 5_000


PROGRAM = """
def compute_dense_reward(self, action):
    return 3.0 * self.angle**2 + self.cart, {"tilt": 3.0 * self.angle**2, "cart": self.cart}
"""
CARTPOLE = {"fields": {"cart": {"index": 0}, "angle": {"index": 2, "unit": "rad"}}, "horizon": 40}


def test_partial_dependence_is_the_mean_over_recorded_states(tmp_path):
    task = rewardlab.task("gym/CartPole-v1", config=CARTPOLE)
    path = RewardProgram(PROGRAM).save(tmp_path / "tilt.py")
    batch = partial.record(task, [None], n=20, seed=3)
    again = partial.record(task, [None], n=20, seed=3)
    np.testing.assert_array_equal(batch.scene, again.scene)
    given = {"shaping": "replace", "shaper": "", "options": {}, "gamma": 0.99}
    with of_task(task, reward=str(path), **given) as shapers:
        found = partial.measure(shapers, batch, task.scene)
    curves = {curve.name: curve for curve in found.curves}
    tilt, cart = curves["angle"], curves["cart"]
    np.testing.assert_allclose(tilt.mean, 3.0 * tilt.values**2 + cart.seen.mean())
    np.testing.assert_allclose(cart.mean, cart.values + 3.0 * (tilt.seen**2).mean())
    assert (tilt.values[0], tilt.values[-1]) == (tilt.seen.min(), tilt.seen.max())
    told = found.to_json()
    assert told["states"] == 20
    assert told["reward_mean"] == pytest.approx(found.reward.mean())
    assert told["correlation"] is None  # CartPole's own reward never varies
    partial.draw(found, "tilt", tmp_path / "tilt.png")
    assert (tmp_path / "tilt.png").stat().st_size > 10_000


def test_a_shaper_of_observations_is_varied_there():
    task = rewardlab.task("gym/CartPole-v1", config=CARTPOLE)
    batch = partial.record(task, [None], n=10)
    shaper = Potential(lambda obs: obs[:, 3] * 2.0)
    shaper.gamma = 0.9
    found = partial.measure([shaper], batch, task.scene)
    assert found.curves[0].name == "obs[3]"
    values = found.curves[0].values
    assert found.curves[0].effect == pytest.approx(1.8 * np.ptp(values), rel=1e-4)
    assert [c.effect for c in found.curves[1:]] == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)
