"""Which terms of a program read the current scene alone, told from its text."""

import re
from itertools import pairwise

import numpy as np
import pytest

from rewardlab.program.potential import potential
from rewardlab.program.program import RewardProgram
from rewardlab.program.reading import read
from rewardlab.sandbox.runner import RewardRunner

ACT, BEFORE, FIRST, TIME = "action", "self.previous", "self.initial", "self.time"

HEAD = """
def gap(a, b):
    return np.linalg.norm(a - b)


def forward(scene, *more):
    return scene.ant.torso.velocity_x


def put(table, name, value):
    table[name] = value


def compute_dense_reward(self, action):
    hand, thing = self.robot.ee_position, self.obj1.position
"""


def body(text):
    return HEAD + "\n".join(f"    {line}" for line in text.strip().splitlines()) + "\n"


def told(schema, text):
    reading = read(body(text), schema)
    assert reading.ok, reading.findings
    return potential(reading.tree, schema)


def reasons(found):
    return {refused.name: refused.reason for refused in found.refused}


def reads(schema, lines, value="x"):
    """Return what a term `x`, made by some lines, is refused for; `None` if it is a potential."""
    found = told(schema, f'{lines}\nreturn x + action[0], {{"x": {value}, "a": action[0]}}')
    assert "a" in reasons(found)
    assert ("x" in found.weights) != ("x" in reasons(found))
    reason = reasons(found).get("x")
    return None if reason is None else tuple(reason.removeprefix("reads ").split(", "))


PURE = [
    "x = gap(hand, thing)",
    "x = 2.0 * gap(hand, thing) + self.dt",
    "x = min(1.0, max(0.0, thing[2]))",
    "x = np.clip(1.0 - np.tanh(5 * gap(hand, thing)), 0, 1)",
    "x = 1.0 if thing[2] > 0.1 else 0.0",
    "x = forward(self)",
    "x = forward(self, action)",  # which it does not use
    "x = gap(hand, thing)\ny = gap(hand, self.previous.obj1.position)",  # call by call
    "x = 0.0\nfor part in (hand, thing):\n    x += part[2]",
    "x = 0.0\nif thing[2] > 0.1:\n    x += 1.0",
    "f = lambda v: v[2]\nx = f(thing)",
    "x = sum(v for v in thing)",
    "near, far = gap(hand, thing), action[0]\nx = near",
    "d = {'a': thing[2]}\nd['b'] = hand[2]\nx = sum(d.values())",
    "x = thing[2]\nassert len(action) == 4",
    "w = action * 2\nx = thing[2]",
    "if hand[2] > 9:\n    return 0.0, {'x': 0.0}\nx = thing[2]",
    "x = float(self.robot.in_contact)",
    "x = 1.0\nwhile x < thing[2]:\n    x = x + 1.0",
]
NOT = [
    ("x = -0.01 * np.square(action).sum()", (ACT,)),
    ("x = thing[2] - self.previous.obj1.position[2]", (BEFORE,)),
    ("x = gap(thing, self.initial.obj1.position)", (FIRST,)),
    ("x = thing[2] * self.time", (TIME,)),
    ("past = self.previous\nbefore = past.obj1\nx = before.position[2]", (BEFORE,)),
    ("x = getattr(self, 'previous').obj1.position[2]", (BEFORE,)),
    ("speed = (thing - self.previous.obj1.position) / self.dt\nx = min(1.0, speed[0])", (BEFORE,)),
    ("effort = np.sum(action)\nx = thing[2] - effort", (ACT,)),
    ("x = 1.0 if self.time > 1 else thing[2]", (TIME,)),
    ("x = 0.0\nif action[3] > 0:\n    x = thing[2]", (ACT,)),
    ("x = 0.0\nif self.time > 1:\n    x += 1.0", (TIME,)),
    ("x = 0.0\nfor a in action:\n    x += 1.0", (ACT,)),
    ("x = 0.0\nfor i, a in enumerate(action):\n    x = x + i", (ACT,)),
    ("x = 0.0\nwhile x < self.time:\n    x = x + 1.0", (TIME,)),
    ("x = 0.0\nfor v in thing:\n    if v > action[0]:\n        break\n    x += v", (ACT,)),
    ("if self.time > 1:\n    return action[0], {'x': 0.0}\nx = thing[2]", (TIME,)),
    ("x = gap(hand, self.previous.robot.ee_position)", (BEFORE,)),
    ("x = forward(self.previous)", (BEFORE,)),
    ("x = max(thing[2], self.previous.obj1.position[2])", (BEFORE,)),
    ("f = lambda v: v[2] * self.time\nx = f(thing)", (TIME,)),
    ("f = lambda v: v[0]\nx = f(action)", (ACT,)),
    ("f = {'a': lambda: action[0]}\nx = f['a']()", (ACT,)),
    ("x = sum(v * a for v, a in zip(thing, action))", (ACT,)),
    ("x = sum(v for v in thing if self.time > v)", (TIME,)),
    ("v = thing.copy()\nv[0] = action[0]\nx = v[0]", (ACT,)),
    ("v = np.zeros(3)\nw = v\nw[0] = action[0]\nx = v[0]", (ACT,)),
    ("v = []\nv.append(action[0])\nx = v[0]", (ACT,)),
    ("v = {'k': [0.0]}\nv['k'].append(self.time)\nx = v['k'][1]", (TIME,)),
    ("v = np.zeros(3)\nd = {'k': v}\nd['k'][0] = action[0]\nx = v[0]", (ACT,)),
    ("d = {}\nput(d, 'k', action[0])\nx = d['k']", (ACT,)),
    ("near, x = thing[2], action[0]", (ACT,)),
    ("x = (y := action[0]) + y", (ACT,)),
    ("x = thing[int(self.time)]", (TIME,)),
    ("x = 0.0\ntry:\n    x = thing[2]\nexcept ValueError:\n    x = 1.0", (ACT,)),
    ("match int(self.time):\n    case 1:\n        x = 1.0\n    case _:\n        x = 0.0", (TIME,)),
    ("x = float(action[0] > 0 and thing[2] > 0)", (ACT,)),
    ("x = action[0] * 0.0 + gap(hand, self.initial.obj1.position) * self.time", (ACT, FIRST, TIME)),
]


@pytest.mark.parametrize("lines", PURE)
def test_what_reads_the_current_scene_alone_is_a_potential(schema, lines):
    assert reads(schema, lines) is None


@pytest.mark.parametrize(("lines", "by"), NOT)
def test_what_reads_more_is_refused_with_what_it_reads(schema, lines, by):
    assert reads(schema, lines) == by


def test_a_term_named_in_one_case_only_depends_on_what_decides_it(schema):
    text = """
terms = {"high": thing[2]}
if self.time > 1:
    terms["late"] = 1.0
if thing[2] > 0.1:
    terms["up"] = 1.0
terms["effort"] = -np.abs(action).sum()
return sum(terms.values()), terms
"""
    found = told(schema, text)
    assert found.weights == {"high": 1.0, "up": 1.0}
    assert reasons(found) == {"late": "reads self.time", "effort": "reads action"}
    assert str(found.refused[1]) == "effort (reads action)"


@pytest.mark.parametrize(
    ("reward", "weight"),
    [
        ("2.0 * near - action[0]", 2.0),
        ("-(near * 3.0) - action[0]", -3.0),
        ("near / 4.0 - action[0]", 0.25),
        ("W * near - action[0]", 5.0),
        ("sum([2.0 * near, -action[0]])", 2.0),
        ("near + 2 * (near - action[0])", 3.0),
        ("total", 2.5),
    ],
)
def test_weights_in_the_reward_are_kept(schema, reward, weight):
    text = f"""
W = 5.0
near = gap(hand, thing)
total = 0.5 * near
total += 2.0 * near
total -= action[0]
return {reward}, {{"near": near, "effort": -action[0]}}
"""
    found = told(schema, text)
    assert found.exact
    assert found.weights == {"near": pytest.approx(weight)}


def test_a_weight_that_nobody_can_tell_is_left_to_the_sum(schema):
    text = """
near = gap(hand, thing)
return near * thing[2] - action[0], {"near": near, "effort": -action[0]}
"""
    found = told(schema, text)
    assert not found.exact
    assert found.weights == {"near": 1.0}


def test_what_is_no_named_term_is_told_apart(schema):
    text = """
near = gap(hand, thing)
return near + np.abs(action).sum(), {"near": near}
"""
    assert reasons(told(schema, text)) == {"other": "not among the named terms"}


def test_a_reward_of_the_scene_alone_is_a_potential_whole(schema):
    found = told(schema, "return 1.0 - np.tanh(gap(hand, thing))")
    assert found.whole
    assert found.usable
    assert not found.refused
    assert told(schema, "return np.clip(thing[2] + hand[2], 0, 1), {'a': thing[2]}").whole


@pytest.mark.parametrize(
    "text",
    [
        "return thing[2] - action[0]",
        "return thing[2] - action[0], {f'{1}': thing[2]}",
        "t = {'a': thing[2]}\nt[str(1)] = 2.0\nreturn thing[2] - action[0], t",
        "t = {'a': thing[2]}\nt.update({'b': action[0]})\nreturn thing[2] - action[0], t",
    ],
)
def test_without_named_terms_a_reward_that_reads_more_is_refused(schema, text):
    found = told(schema, text)
    assert not found.usable
    assert reasons(found)["reward"].startswith("reads action")


def rows_like(rows, rng, size):
    """Return the rows with everything but the current scene drawn anew."""
    made = rows.copy()
    made[:, size:] = rng.uniform(-1, 1, made[:, size:].shape)
    return made


def test_no_potential_changes_with_what_it_must_not_read(schema):
    """By numbers: whatever else is drawn anew, terms that were let through stay bit for bit."""
    rng = np.random.default_rng(0)
    plain = [lines for lines in PURE if "return" not in lines and "assert" not in lines]
    terms = {f"x{i}": re.sub(r"^", "    ", lines, flags=re.M) for i, lines in enumerate(plain)}
    functions = "\n".join(
        f"def term_{name}(self, action):\n"
        "    hand, thing = self.robot.ee_position, self.obj1.position\n"
        f"{text}\n    return x\n"
        for name, text in terms.items()
    )
    head = HEAD[: HEAD.index("def compute")]
    named = ", ".join(f'"{name}": term_{name}(self, action)' for name in terms)
    entry = f"def compute_dense_reward(self, action):\n    return action[0], {{{named}}}\n"
    source = f"{head}{functions}\n{entry}"
    rows = rng.uniform(-1, 1, (20, schema.row_size))
    with RewardRunner(RewardProgram(source), schema) as runner:
        here, there = (runner.evaluate(r).terms for r in (rows, rows_like(rows, rng, schema.size)))
    np.testing.assert_array_equal(here, there)
    found = potential(read(source, schema).tree, schema)
    assert set(found.weights) == set(terms)


def test_programs_that_lead_in_circles_or_double_end(schema):
    doubled = "\n".join(f"x{i} = x{i - 1} + x{i - 1}" for i in range(1, 40))
    found = told(
        schema, f"x0 = thing[2]\n{doubled}\nreturn x39 - action[0], {{'x': x0, 'e': -action[0]}}"
    )
    assert found.weights == {"x": 2.0**39}
    circle = "a, b = 1.0, 2.0\nfor _ in range(3):\n    a = b\n    b = a"
    found = told(schema, f"{circle}\nreturn a - action[0], {{'x': a, 'e': -action[0]}}")
    assert found.weights.keys() == {"x"}
    names = [f"x{i}" for i in range(200)]
    steps = "\n".join(f"    {a} = {b}" for a, b in pairwise(names))
    start = "\n".join(f"{name} = 0.0" for name in names[:-1])
    late = f"{start}\nx199 = int(self.time)\nfor _ in range(300):\n{steps}\n"
    assert reasons(told(schema, f"{late}return x0, {{'a': x0}}"))["a"].startswith("reads action")
