from rewardlab.envs.seeding import child_seed


def test_seeds_differ_by_parent_and_place_and_are_always_the_same():
    seeds = {child_seed(seed, i) for seed in range(20) for i in range(50)}
    assert len(seeds) == 1000
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert child_seed(0, 0) == 1_484_405_855  # a change would make every published run another one
