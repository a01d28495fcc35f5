"""Which programs are learned from."""

from rewardlab.e2cl.household import package, split


def test_the_test_programs_are_the_published_hundred():
    test = split.episodes("test")
    assert test[:5] == ("562_1", "345_1", "70_1", "453_2", "286_2")
    assert test[-1] == "91_2"
    assert len(test) == 100
    assert split.digest(test) == split.TEST_SHA256


def test_all_other_programs_of_at_most_25_steps_are_to_learn_from():
    train = split.episodes("train")
    assert len(train) == 413
    assert not {*train} & {*split.episodes("test")}
    assert max(len(package.program(name).actions) for name in train) <= 25


def steps(name):
    """Return a program's steps with classes instead of ids."""
    read = package.program(name)
    return tuple((verb, *(read.classes[i] for i in objects)) for verb, objects in read.actions)


def test_a_quarter_of_the_test_programs_equals_one_to_learn_from():
    known = {steps(name) for name in split.episodes("train")}
    assert sum(steps(name) in known for name in split.episodes("test")) == 25
    same = [
        name
        for name in split.episodes("test")
        if package.program(name)[1:3] in {package.program(n)[1:3] for n in split.episodes("train")}
    ]
    assert len(same) == 1
