"""The whole of E2CL, small: it foresees better than a guess, and more of what it does works."""

from rewardlab.e2cl.ablation import ablate, gathered
from rewardlab.e2cl.arms import Settings
from rewardlab.e2cl.babyai.world import BabyAI
from rewardlab.e2cl.summary import estimate, foresight
from rewardlab.e2cl.workers import workers


def test_errors_that_were_explored_are_foreseen_and_avoided(tmp_path):
    world, arms = BabyAI(n_train=12, n_test=4, max_steps=15), ("pretuned", "e2cl")
    with workers(world, 1) as pool:
        folders = ablate(
            pool,
            tmp_path,
            Settings(pretune_steps=20, steps=40),
            seeds=(0,),
            arms=arms,
            measure=True,
            tell=lambda text: None,
        )
    found = gathered(folders, arms)
    told = foresight(found["e2cl"])
    assert told["binary"] > max(told["errors"], 1 - told["errors"]) + 0.05
    before = estimate(found["pretuned"], "plain", "exec").value
    for mode in ("plain", "self", "oracle", "repair"):
        assert estimate(found["e2cl"], mode, "exec").value > before + 0.05
