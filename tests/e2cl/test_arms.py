import pytest

from rewardlab.e2cl.arms import ARMS, Data, Settings, drawn, few, samples_of, steps_of
from rewardlab.e2cl.samples import Explored


@pytest.fixture(scope="module")
def data(plan, explored):
    by_phase = {
        phase: Explored(tuple(s for s in explored.samples if s.origin.phase == phase))
        for phase in ("guided", "free")
    }
    return Data(plan, **by_phase)


def test_arms_learn_from_what_their_names_say(data):
    own = {name: samples_of(arm, data) for name, arm in ARMS.items()}
    p, g, f = data
    assert own["il"] == own["il-long"] == p.samples
    assert own["tg"] == p.samples + g.of("feedback") + g.of("correct")
    assert set(own["tf"]) == {*p.samples, *f.samples}
    assert set(own["e2cl"]) == {*p.samples, *g.samples, *f.samples}
    assert {s.kind for s in own["il-df"]} == {"plan", "feedback"}
    assert len(own["il-df"]) + len(g.of("correct")) + len(f.of("correct")) == len(own["e2cl"])


def test_dup_plans_the_corrections_without_what_failed(data):
    own = samples_of(ARMS["il-dup"], data)[len(data.plan.samples) :]
    corrections = data.guided.of("correct") + data.free.of("correct")
    assert [(s.view, s.action) for s in own] == [(s.view, s.action) for s in corrections]
    assert {(s.kind, s.failed, s.error) for s in own} == {("plan", None, None)}


def test_steps_grow_with_samples_and_long_has_those_of_e2cl(data):
    settings = Settings(steps=100)
    steps = {name: steps_of(arm, data, settings) for name, arm in ARMS.items()}
    assert steps["il"] == 100
    assert steps["e2cl"] == round(100 * len(data.everything) / len(data.plan.samples)) > 200
    assert steps["il-long"] == steps["e2cl"]
    assert steps["il"] < steps["tg"] < steps["e2cl"]


def test_few_episodes_are_the_share_that_evens_the_samples(data, toy):
    episodes = toy.episodes("train")
    chosen = few(data, episodes, seed=0)
    assert len(chosen) == round(12 * len(data.plan.samples) / len(data.everything))
    assert set(chosen) < set(episodes)
    assert (
        drawn(episodes, 0.5, seed=0) == drawn(episodes, 0.5, seed=0) != drawn(episodes, 0.5, seed=1)
    )


def test_modes_need_what_an_arm_has_learned():
    modes = {name: arm.modes for name, arm in ARMS.items()}
    assert modes["il"] == modes["il-dup"] == modes["il-df"] == ("plain", "repair")
    assert modes["tg"] == modes["e2cl-few"] == ("plain", "self", "oracle", "repair")
