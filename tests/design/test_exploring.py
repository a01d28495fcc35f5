"""What exploring finds, on one small lesson: the expert of drawer-open and its noise ladder."""

from functools import cache

import numpy as np
import pytest

from rewardlab.design.exploring import explorer, many_states, with_other_goals
from rewardlab.design.judging import above, degenerate, judge
from rewardlab.design.lesson import Episode, Lesson, Prefix, record_lesson
from rewardlab.design.severity import severity
from rewardlab.design.validate import validate
from rewardlab.errors import UnknownName
from rewardlab.program.program import RewardProgram
from rewardlab.sandbox.batch import Batch

HEAD = "def compute_dense_reward(self, action):\n    "
REACH = "np.linalg.norm(self.robot.ee_position - self.obj1.position)"
LEFT = "np.linalg.norm(self.goal_position - self.obj1.position)"
GOOD = (
    f"reach, left = {REACH}, {LEFT}\n    return -reach - left, {{'reach': -reach, 'left': -left}}"
)
FLIPPED = (
    f"reach, left = {REACH}, {LEFT}\n    return reach + left, {{'reach': reach, 'left': left}}"
)


@pytest.fixture(scope="module")
def explored(task):
    """Explore a body once: what is found, and the score."""
    lesson = record_lesson(task, episodes=2, steps=120, prefixes=6, actions=8)

    @cache
    def explore(body, teachers="both"):
        from rewardlab.design import exploring

        program = RewardProgram(HEAD + body + "\n")
        verdict = validate(program, task)
        assert verdict.ok
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(exploring, "lesson_of", lambda task, seed: lesson)
            return explorer(task, teachers)(program, verdict)

    explore.lesson = lesson
    return explore


def test_a_sensible_program_has_nothing_wrong(explored):
    found = explored(GOOD)
    assert found.findings == ()
    assert found.score == 1.0


def test_a_flipped_sign_is_ordered_against_the_teacher_and_quoted(explored, task):
    found = explored(FLIPPED)
    (finding,) = found.findings
    assert finding.code == "MISORDERED"
    assert severity(found.findings).error == "E8"
    assert found.score == 0.0
    assert "in 0 % of pairs" in finding.message
    assert "step " in finding.message
    assert "expert" in finding.message
    assert "term 'left' is at fault" in finding.message or "term 'reach'" in finding.message
    assert "obj1.position" in finding.state
    assert "oracle" not in str(finding)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("return 1.0", "InsensitiveReward"),
        ("return float(np.abs(action).sum())", "InsensitiveReward"),
        (f"return -1e6 * {REACH} - {LEFT}", "LARGE"),
        (f"a, b = -500.0 * {REACH}, -{LEFT}\n    return a + b, {{'a': a, 'b': b}}", "ONE_TERM"),
        (f"return -{REACH}", "IGNORES"),
    ],
)
def test_each_way_to_be_degenerate_is_told_alone(explored, body, code):
    (finding,) = explored(body, "free").findings
    assert (finding.code, finding.severity) == (code, "error")
    assert severity([finding]).error == "E7"


def test_one_may_look_in_one_way_only(explored, task):
    assert explored(FLIPPED, "free").findings == ()
    assert [f.code for f in explored("return 1.0", "guided").findings] == ["MISORDERED"]
    assert explored("return 1.0", "none").findings == ()
    with pytest.raises(UnknownName, match="guided"):
        explorer(task, "guide")


def test_a_lesson_is_what_its_seed_says(explored, task):
    lesson = explored.lesson
    assert sorted({e.noise for e in lesson.episodes}) == [0.0, 0.1, 0.3, 0.6, 1.0]
    assert all(e.success for e in lesson.episodes if e.noise == 0.0)
    assert not any(e.success for e in lesson.episodes if e.noise == 1.0)
    again = record_lesson(task, episodes=1, steps=5, prefixes=2, actions=2)
    once_more = record_lesson(task, episodes=1, steps=5, prefixes=2, actions=2)
    np.testing.assert_array_equal(again.rows, once_more.rows)


def test_a_prefix_is_the_very_step_of_the_episode(task):
    """The simulator is put back before each action: the expert's gives the episode's own row."""
    lesson = record_lesson(task, episodes=1, steps=20, prefixes=3, actions=2)
    episode = lesson.episodes[0].rows
    for prefix in lesson.prefixes:
        np.testing.assert_allclose(
            lesson.rows[prefix.expert[0]], lesson.rows[episode[prefix.step]], atol=1e-9
        )  # the solver starts from where the last episode left it


def test_a_task_without_an_expert_has_no_lesson():
    from rewardlab.envs.tasks import task

    assert record_lesson(task("locomotion/hopper-forward")) is None


def test_goals_move_in_every_block_of_a_row(task):
    rows = many_states(task, 0)
    moved = with_other_goals(rows, task.scene)
    slot = task.scene.layout["goal_position"]
    for block in range(3):
        part = slice(block * task.scene.size + slot.start, block * task.scene.size + slot.stop)
        assert (moved[:, part] != rows[:, part]).any()
    assert (moved != rows).sum() <= 9 * len(rows)
    assert with_other_goals(np.repeat(rows[:1], 4, axis=0), task.scene) is None


def batch(reward, **terms):
    reward = np.asarray(reward, np.float64)
    values = np.array(list(terms.values())).T if terms else np.zeros((len(reward), 0))
    return Batch(reward, values, np.ones(values.shape, np.bool_), tuple(terms))


def test_the_share_of_pairs_is_that_of_mann_and_whitney():
    assert above(np.array([2.0, 3.0]), np.array([1.0, 2.0])) == 3.5 / 4
    assert above(np.ones(3), np.ones(5)) == 0.5


def test_ties_abstain_and_prefixes_alone_refuse_nothing(task):
    """Returns are ordered well, single steps badly: that is reported and no finding."""
    size = task.scene.row_size
    episodes = tuple(
        Episode(noise, np.array([i]), i < 3) for i, noise in enumerate((0.0, 0.1, 0.3, 0.6, 1.0))
    )
    prefixes = (Prefix(7, np.array([5]), np.array([[6], [7]])),)
    lesson = Lesson(np.zeros((8, size)), episodes, prefixes)
    ordered = [4.0, 3.0, 2.0, 1.0, 0.0]
    judged = judge(lesson, batch([*ordered, 0.0, 1.0, 1.0]), task.scene)
    assert (judged.pairs, judged.signs, judged.findings) == (1.0, 0.0, ())
    assert judged.tau == pytest.approx(-1.0)
    assert np.isnan(judged.auroc)
    tied = judge(lesson, batch([*ordered, 1.0, 1.0, 1.0]), task.scene)
    assert np.isnan(tied.signs)


def test_shares_of_variance_need_a_second_term_that_varies():
    x = np.arange(10.0)
    assert degenerate((), batch(x, a=x, b=np.zeros(10)), None) == ()
    (found,) = degenerate((), batch(x + x / 1000, a=x, b=x / 1000), None)
    assert found.code == "ONE_TERM"
    assert "99.9 %" in found.message
