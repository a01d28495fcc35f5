import numpy as np
import pytest
from scripted.locomotion import OUTCOMES, trajectory

from rewardlab.envs.locomotion.behaviours import BEHAVIOURS
from rewardlab.envs.locomotion.waving import LEGS
from rewardlab.envs.tasks import task

NAMES = [behaviour.name for behaviour in BEHAVIOURS]
PAID = [behaviour for behaviour in BEHAVIOURS if behaviour.oracle]


@pytest.mark.parametrize("name", NAMES)
def test_only_the_goal_counts_as_done(name):
    done = {outcome: trajectory(name, outcome).success.any() for outcome in OUTCOMES}
    assert done == {"goal": True, "opposite": False, "nothing": False}


@pytest.mark.parametrize("name", NAMES)
def test_its_rows_are_those_of_the_task(name, check_members):
    schema = task(f"locomotion/{name}").scene
    size = schema.size
    for outcome in OUTCOMES:
        rows = trajectory(name, outcome).rows
        assert np.array_equal(rows[1:, size : 2 * size], rows[:-1, :size])
        assert np.allclose(np.diff(rows[:, 3 * size]), schema.dt)
        for row in rows[:: max(1, len(rows) // 50)]:
            check_members(schema, row)


@pytest.mark.parametrize("name", NAMES)
def test_speeds_are_rates_of_the_path(name, get):
    schema = task(f"locomotion/{name}").scene
    path = next(p for p in schema.layout if p.endswith("position_x"))
    rows = trajectory(name, "goal").rows
    x, speed = (
        np.array([get(schema, row, p) for row in rows])
        for p in (path, path.replace("position", "velocity"))
    )
    assert np.allclose(np.diff(x) / schema.dt, speed[1:])


def test_a_flip_turns_through_the_air_and_lands():
    for name, sign in (("hopper-front-flip", 1), ("hopper-back-flip", -1)):
        played = trajectory(name, "goal")
        assert played.facts == {"flips": 1.0, "landed": 1.0}
        pitch = task(f"locomotion/{name}").scene.layout["hopper.top_joint.angle"].start
        assert played.rows[-1, pitch] == pytest.approx(sign * 2 * np.pi)


@pytest.mark.parametrize("leg", LEGS)
def test_the_leg_that_is_asked_for_waves(leg):
    assert trajectory("ant-wave-leg", "goal", leg=leg).success.any()
    assert not trajectory("ant-wave-leg", "opposite", leg=leg).success.any()


@pytest.mark.parametrize("behaviour", PAID, ids=lambda b: b.name)
def test_our_oracles_pay_most_for_the_goal(behaviour):
    reward = behaviour.oracle.make(behaviour.rule, behaviour.robot.schema)
    paid = {
        outcome: np.mean([reward(row) for row in trajectory(behaviour.name, outcome).rows[1:]])
        for outcome in OUTCOMES
    }
    assert max(paid, key=paid.get) == "goal"
    assert paid["goal"] > paid["nothing"] + 0.1


@pytest.mark.parametrize("behaviour", PAID, ids=lambda b: b.name)
def test_our_oracles_are_bounded_and_taken_as_reward(behaviour, roll):
    made = task(f"locomotion/{behaviour.name}")
    reward = behaviour.oracle.make(behaviour.rule, made.scene)
    for _, paid, _, _, info in roll(made.make_env(seed=0), 300)[1:]:
        assert paid == reward(info["scene"])
        assert abs(paid) <= 5.0


@pytest.mark.parametrize("behaviour", PAID[:2], ids=lambda b: b.name)
def test_rocking_to_and_fro_is_paid_no_flip(behaviour):
    """What turning on pays, turning back takes: else a policy that only rocks is paid for it."""
    schema = behaviour.robot.schema
    reward = behaviour.oracle.make(behaviour.rule, schema)
    row = np.zeros(schema.row_size)
    row[schema.layout["hopper.torso.up_vector"].start + 2] = 1.0
    rate = schema.layout["hopper.top_joint.angular_velocity"].start
    for contact in (0.0, 1.0):
        row[schema.layout["hopper.in_contact"].start] = contact
        paid = []
        for row[rate] in (4.0, -4.0):
            paid.append(reward(row))
        assert sum(paid) == pytest.approx(0.0)
