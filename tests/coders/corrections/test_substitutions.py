from rewardlab.coders.corrections.substitutions import Substitution, avoided, learnt, substitution

OTHER = "def compute_dense_reward(self, action):\n    return float(self.robot.hand[0])\n"


def other(correction, **changes):
    """The same substitution in another program."""
    return correction(program=OTHER, fixed=OTHER.replace("hand", "ee_position"), **changes)


def test_what_was_invented_and_what_was_meant_is_read_off(correction):
    assert substitution(correction()) == Substitution("hand", "ee_position", True)
    longer = correction(
        program="def f(self):\n    return hand[0]\n",
        fixed="def f(self):\n    return self.robot.ee_position[0]\n",
        code="UnknownName",
        message="name 'hand' is not defined",
    )
    assert substitution(longer) == Substitution("hand", "self.robot.ee_position", False)


def test_a_correction_that_is_more_than_a_name_is_no_substitution(correction):
    assert substitution(correction(fixed="def f(self):\n    return 1.0\n")) is None
    assert substitution(correction(class_="E6")) is None


def test_only_names_that_stand_alone_are_replaced():
    member = Substitution("hand", "ee_position", True)
    assert member.apply("self.hand + hand + self.hand_2") == "self.ee_position + hand + self.hand_2"
    name = Substitution("hand", "self.robot.ee_position", False)
    assert name.apply("hand + self.hand + hands") == "self.robot.ee_position + self.hand + hands"


def test_a_rule_needs_two_distinct_programs(correction):
    once = correction()
    renamed = correction(
        program=once.program.replace("far", "d"), fixed=once.fixed.replace("far", "d")
    )
    assert learnt([once, renamed], "metaworld") == ()
    assert learnt([once, other(correction)], "metaworld") == (
        Substitution("hand", "ee_position", True),
    )
    assert learnt([once, other(correction)], "tabletop") == ()
    assert learnt([once, other(correction, hollow=True)], "metaworld") == ()


def test_a_rule_that_made_a_program_worse_is_dropped(correction):
    two = [correction(), other(correction)]
    (rule,) = learnt(two, "metaworld")
    failed = correction(
        program="x = 1",
        corrector=f"rule:{rule.rule}",
        accepted=False,
        severity_after=(8, 1),
        fixed_class="E1",
    )
    assert learnt([*two, failed], "metaworld") == ()


def test_the_commonest_of_an_environment_are_avoided(correction):
    two = [correction(), other(correction)]
    elsewhere = correction(env_id="door-v3", message="self has no 'door'")
    assert avoided([*two, elsewhere], "drawer-open-v3") == (
        Substitution("hand", "ee_position", True),
    )
    assert avoided(two, "door-v3") == ()
