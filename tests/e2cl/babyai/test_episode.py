import numpy as np
import pytest

from rewardlab.e2cl.babyai.episode import BabyAIEpisode
from rewardlab.e2cl.babyai.reasons import VERBS
from rewardlab.e2cl.babyai.seen import CLASSES
from rewardlab.e2cl.babyai.world import BabyAI, levels
from rewardlab.e2cl.phases import demonstrate, helps, prefixes, repair
from rewardlab.e2cl.world import END, OK, Action
from rewardlab.errors import MissingExtra, UnknownName, UsageError


def state(episode):
    """All that an action can change."""
    env = episode._env
    held = env.carrying and (env.carrying.type, env.carrying.color)
    boxes = [id(cell) for cell in env.grid.grid if cell is not None and cell.type == "box"]
    grid = env.grid.encode().tobytes()
    return (*map(int, env.agent_pos), int(env.agent_dir), held, grid, tuple(boxes))


@pytest.mark.parametrize(("level", "n"), [("PutNextLocal", 8), ("UnlockLocal", 8), ("Open", 3)])
def test_the_bot_accomplishes_missions_without_an_error(level, n):
    world = BabyAI(level)
    for name in world.episodes("train")[:n]:
        found = demonstrate(world, name, 0)
        assert found.lost == 0
        episode = world.start(name)
        assert all(episode.step(s.action).ok for s in found.samples if s.action != END)
        assert episode.succeeded()
        assert episode.over


@pytest.mark.parametrize("level", ["UnlockPickup", "PutNextLocal", "MiniBossLevel"])
def test_there_is_an_error_iff_nothing_changes(level):
    world, rng = BabyAI(level), np.random.default_rng(0)
    kinds = set()
    for name in world.episodes("train")[:3]:
        episode = world.start(name)
        for _ in range(120):
            if episode.over:
                break
            # an expert's steps now and then lead to doors, keys and boxes
            teacher = episode.teacher()
            action = teacher if teacher not in (None, END) and rng.random() < 0.4 else None
            action = action or Action(VERBS[rng.integers(len(VERBS))].name)
            before = state(episode)
            told = episode.probe(action)
            assert state(episode) == before
            assert episode.step(action) == told
            assert told.ok == (state(episode) != before)
            assert told.ok == (told.text == "")
            kinds.add(told.kind)
    assert {OK, "blocked", "nothing to toggle"} <= kinds


def test_silent_simulator_agrees_that_nothing_happens():
    """What we refuse does nothing in minigrid either."""
    world, rng = BabyAI("UnlockPickup"), np.random.default_rng(1)
    episode, refused = world.start("3"), 0
    for _ in range(150):
        if episode.over:
            break
        action = Action(VERBS[rng.integers(len(VERBS))].name)
        if not episode.probe(action).ok:
            before = state(episode)
            episode._env.step([verb.name for verb in VERBS].index(action.verb))
            assert state(episode) == before
            refused += 1
        else:
            episode.step(action)
    assert refused > 30


def facing(level, kind, color=None, *, loaded=None):
    """An episode whose agent faces a thing, carrying something or not."""
    world = BabyAI(level)
    for name in world.episodes("train"):
        episode = world.start(name)
        for _ in prefixes(episode):
            env = episode._env
            ahead = env.grid.get(*env.front_pos)
            if ahead is None or ahead.type != kind or color not in (None, ahead.color):
                continue
            if loaded in (None, env.carrying is not None):
                return episode
    raise AssertionError(f"no {kind}")


def test_reasons_are_told_in_words():
    ball = facing("PutNextLocal", "ball", "red", loaded=False)
    assert ball.probe(Action("forward")) == ("blocked", "blocked by a red ball")
    assert ball.probe(Action("toggle")) == ("nothing to toggle", "nothing to toggle")
    assert ball.probe(Action("drop")) == ("nothing to drop", "nothing to drop")
    assert ball.step(Action("pickup")).ok
    assert ball.probe(Action("pickup")) == ("nothing to pick up", "nothing to pick up")
    ball.step(Action("drop"))
    ball._env.carrying = ball._env.grid.get(*ball._env.front_pos)
    assert ball.probe(Action("pickup")) == ("already carrying", "already carrying a red ball")
    assert ball.probe(Action("drop")) == ("no free cell", "no free cell")


def test_a_locked_door_needs_the_key_of_its_colour():
    door = facing("UnlockLocal", "door")
    env = door._env
    ahead, key = env.grid.get(*env.front_pos), env.carrying
    assert (key.type, key.color) == ("key", ahead.color)
    assert door.probe(Action("toggle")).ok
    env.carrying = None
    assert door.probe(Action("toggle")) == ("locked", f"locked; no {ahead.color} key")
    assert door.probe(Action("forward")).text == f"blocked by a locked {ahead.color} door"


@pytest.mark.parametrize(
    ("action", "kind"),
    [(Action("fly"), "verb"), (Action("done"), "verb"), (Action("left", (1,)), "arity")],
)
def test_what_is_no_action_is_answered(action, kind):
    episode = BabyAI().start("0")
    before = state(episode)
    assert episode.step(action).kind == kind
    assert state(episode) == before
    assert episode.view().history == ((action, kind),)
    assert episode.teacher() is not None


def test_forks_are_independent():
    episode = BabyAI().start("0")
    before = state(episode)
    twin = episode.fork()
    for _ in range(4):
        twin.step(Action("left"))
        twin.step(Action("forward"))
    assert twin.view().history != episode.view().history == ()
    assert state(episode) == before != state(twin)
    assert twin.teacher() is None
    assert episode.teacher() is not None


def test_an_opened_box_loses_the_teacher_for_good():
    episode = facing("PutNextLocal", "box")
    assert episode.step(Action("toggle")).ok
    assert episode.teacher() is None
    episode.step(Action("left"))
    assert episode.teacher() is None


def test_repairs_make_the_failed_action_possible_and_the_bot_may_advise():
    episode = facing("UnlockPickup", "door", loaded=True)
    forward = Action("forward")
    instead = repair(episode, forward, episode.probe(forward))
    assert instead == Action("toggle")
    assert helps(episode, forward, instead)
    episode._teach_free = True
    assert next(episode.repairs(forward, episode.probe(forward))) == episode.teacher()


def test_views_show_what_is_there_and_nothing_behind():
    episode = facing("PutNextLocal", "ball")
    view, env = episode.view(), episode._env
    ahead = env.grid.get(*env.front_pos)
    number = int(env.front_pos[1] * env.width + env.front_pos[0])
    at = view.ids.index(number)
    assert view.names[at] == f"{ahead.color} {ahead.type}"
    assert CLASSES[view.classes[at]] == view.names[at]
    assert len(set(view.ids)) == len(view.ids)
    assert view.features.dtype == view.context.dtype == np.float32
    assert abs(view.features).max() <= 1
    behind = [i for i in range(env.width * env.height) if i not in view.ids]
    cells = {i: env.grid.get(i % env.width, i // env.width) for i in behind}
    assert view.words == tuple(episode.instruction.lower().split())
    for i in view.ids:
        assert (i % env.width, i // env.width) != tuple(env.agent_pos) or env.carrying
        assert env.in_view(i % env.width, i // env.width)
    assert len(cells) + len(view.ids) == env.width * env.height


def test_episodes_are_the_same_twice_and_splits_share_none(capfd):
    world = BabyAI("MiniBossLevel", n_train=5, n_test=5)
    for name in world.episodes("train"):
        one, two = (world.start(name) for _ in range(2))
        assert one.instruction == two.instruction
        assert state(one)[:-1] == state(two)[:-1]
    assert not set(world.episodes("train")) & set(world.episodes("test"))
    assert "ampling" not in capfd.readouterr().out


def test_unknown_and_unteachable_levels_are_refused():
    assert len(levels()) > 80
    with pytest.raises(UnknownName, match="did you mean UnlockLocal"):
        BabyAI("UnlokLocal")
    for name in ("KeyInBox", "PutNextS5N2Carrying"):
        with pytest.raises(UnknownName):
            BabyAI(name)
    with pytest.raises(UsageError, match="learn from 1 to"):
        BabyAI(n_train=0)


def test_the_missing_package_is_named_by_its_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "minigrid", None)
    with pytest.raises(MissingExtra, match=r"rewardlab\[embodied\]"):
        BabyAI()


def test_the_world_says_what_makes_it_again():
    world = BabyAI("UnlockLocal", n_test=3)
    told = world.config()
    assert BabyAI(**told["options"]) == world
    assert isinstance(world.start("0"), BabyAIEpisode)
