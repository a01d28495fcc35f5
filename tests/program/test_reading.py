"""One minimal program per code triggers exactly that code, with its line and a remedy."""

import ast

import pytest

from rewardlab.program.reading import read
from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec, FieldSpec

HEAD = "def compute_dense_reward(self, action):\n    "

REFUSED = {
    "RewardSyntaxError": [
        ("def compute_dense_reward(self, action)\n    return 1.0", 1),
        ("return 1.0 +", 1),
        ("x = '\0'", None),
        (HEAD + "break\n    return 1.0", 2),
        (HEAD + "x = *action\n    return 1.0", 2),
        (HEAD + "*a, *b = action\n    return 1.0", 2),
        ("f = lambda x, x: x\n" + HEAD + "return 1.0", 1),
        ("x = 1\n  y = 2", 2),
    ],
    "SourceTooComplex": [
        ("#" * 20_001, None),
        ("x = " + "(" * 61 + ")" * 61, None),
        ("x = " + "-" * 64 + "1", None),
        ("x = " + "not " * 64 + "1", None),
        ("x = a" + ".b" * 64, None),
        ("x = " + "+".join("1" * 70), None),
        ("x = [" + "1, " * 4_000 + "]", None),
    ],
    "RewardSignatureError": [
        ("def compute_reward(self, action):\n    return 1.0", 1),
        ("X = 1", None),
        ("def compute_dense_reward(self):\n    return 1.0", 1),
        ("def compute_dense_reward(self, action, obs, info):\n    return 1.0", 1),
        ("def compute_dense_reward(self, action, *, scale):\n    return 1.0", 1),
        (HEAD + "return 1.0\n\n" + HEAD + "return 2.0", 4),
        (HEAD + "return 1.0\n\ncompute_dense_reward = 3", 1),
    ],
    "ForbiddenSyntax": [
        (HEAD + "with self:\n        return 1.0", 2),
        (HEAD + "yield 1.0", 2),
        (HEAD + "global x\n    return 1.0", 2),
        (HEAD + "x = 1\n    del x\n    return 1.0", 3),
        (HEAD + "return 1 << 2", 2),
        (HEAD + "x = 1\n    x >>= 2\n    return x", 3),
        ("@staticmethod\n" + HEAD + "return 1.0", 1),
        ("async def helper():\n    return 1\n\n" + HEAD + "return 1.0", 1),
        ("class Helper:\n    x = 1\n\n" + HEAD + "return 1.0", 1),
        ("@sorted\nclass R:\n    def compute_dense_reward(self, action):\n        return 1.0\n", 2),
        ("def helper(memory=[]):\n    return 1\n\n" + HEAD + "return helper()", 1),
        (HEAD + "f = lambda x={}: x\n    return 1.0", 2),
        (HEAD + "try:\n        return 1.0\n    except:\n        return 0.0", 4),
        (HEAD + "x = f'{1.0:{action}}'\n    return 1.0", 2),
        (HEAD + "x = f'{1.0:1000}'\n    return 1.0", 2),
        (HEAD + "x = '%s' % 1\n    return 1.0", 2),
        (HEAD + "x = 'a' * 9\n    return 1.0", 2),
        (HEAD + "x = b'a'\n    return 1.0", 2),
        (HEAD + "_x = 1\n    return 1.0", 2),
        (HEAD + "try:\n        return 1.0\n    except ValueError as _x:\n        return 0.0", 4),
        (HEAD + "def f():\n        return 1\n    f.calls = 1\n    return 1.0", 4),
        (HEAD + "match action:\n        case [x]:\n            return 1.0\n    return 0.0", 3),
        (HEAD + "return 1.0\n\nprint(1)", 4),
        (HEAD + "return 1.0\n\nif True:\n    X = 1", 4),
        ("STATE = (i for i in range(9))\n\n" + HEAD + "return 1.0", 1),
        ("STATE = zip((1,), (2,))\n\n" + HEAD + "return 1.0", 1),
    ],
    "ForbiddenImport": [
        ("import torch\n\n" + HEAD + "return torch.zeros(1)", 1),
        ("from os import system\n\n" + HEAD + "return system('ls')", 1),
        ("from numpy import load\n\n" + HEAD + "return load('x')", 1),
        ("from math import *\n\n" + HEAD + "return 1.0", 1),
        ("from . import x\n\n" + HEAD + "return 1.0", 1),
        ("from .math import sin\n\n" + HEAD + "return sin(1.0)", 1),
        (HEAD + "import sys\n    return len(sys.path)", 2),
    ],
    "ForbiddenAttribute": [
        (HEAD + "return np.load('x')", 2),
        (HEAD + "return np.random.rand()", 2),
        (HEAD + "return np.add(1, 2, action)", 2),
        (HEAD + "return np.add(1, 2, out=action)", 2),
        (HEAD + "return action.sum(0, float, action)", 2),
        (HEAD + "return np.sum(action, where=True)", 2),
        (HEAD + "return np.sum(*action)", 2),
        (HEAD + "return np.mean(action, **{})", 2),
        (HEAD + "x = np.zeros(3, dtype='O')\n    return 1.0", 2),
        (HEAD + "x = np.zeros(3, np)\n    return 1.0", 2),
        (HEAD + "x = action.astype('S9')\n    return 1.0", 2),
        (HEAD + "x = '{0.x}'.format(1)\n    return 1.0", 2),
        (HEAD + "x = self.__class__\n    return 1.0", 2),
        (HEAD + "x = action.tofile('x')\n    return 1.0", 2),
        (HEAD + "x = [np.add]\n    return 1.0", 2),
        (HEAD + "x = np\n    return len([x])", 3),
        (HEAD + "x = np.ndarray(3)\n    return 1.0", 2),
        (HEAD + "x = np.add.reduce\n    return 1.0", 2),
        (HEAD + "x = getattr(self, 'rob' + 'ot')\n    return 1.0", 2),
        (HEAD + "x = hasattr(action, 'shape')\n    return 1.0", 2),
        (
            HEAD
            + "try:\n        return 1.0\n    except ValueError as e:\n        return e.args[0]",
            5,
        ),
    ],
    "UnknownAttribute": [
        (HEAD + "return self.robot.gripper_pos", 2),
        (HEAD + "return getattr(self, 'bonus')", 2),
        (HEAD + "robot = self.robot\n    return robot.position", 3),
        (HEAD + "return self.previous.time", 2),
        (HEAD + "return self.previous.obj1.speed", 2),
        (HEAD + "return self.obj1.position.x", 2),
        (HEAD + "return self.robot.gripper_openness.sum()", 2),
        (HEAD + "return self.time.seconds", 2),
        (HEAD + "return self.robot.ee_position()", 2),
        (HEAD + "return self.robot()", 2),
        (HEAD + "return self.robot.ee_position.sum + 1", 2),
        (HEAD + "return np.linalg.norm(self.robot)", 2),
        (HEAD + "return -self.robot", 2),
        (HEAD + "return self.robot - self.obj1.position", 2),
        (HEAD + "return self.robot[0]", 2),
        (HEAD + "return [o.pose for o in (self.obj1, self.obj2)][0]", 2),
        ("def f(o):\n    return o.pose\n\n" + HEAD + "return f(self.obj1)", 2),
        ("def f(o):\n    return o[0].poses\n\n" + HEAD + "return f(action)", 2),
    ],
    "UnknownName": [
        (HEAD + "return undefined", 2),
        (HEAD + "return open('x')", 2),
        (HEAD + "return type(self)", 2),
        (HEAD + "return robot.ee_position[0]", 2),
        (HEAD + "return eval('1')", 2),
        (HEAD + "x = [i for i in range(3)]\n    return i", 3),
    ],
    "NotScalarReward": [
        (HEAD + "x = 1.0", 1),
        (HEAD + "if self.time > 1:\n        return\n    return 1.0", 3),
        (HEAD + "return None", 2),
        (HEAD + "return 'high'", 2),
    ],
    "StatefulReward": [
        ("KEPT = sorted((3, 1))\n\n" + HEAD + "KEPT[0] = 2\n    return 1.0", 4),
        ("KEPT = sorted((3, 1))\n\n" + HEAD + "KEPT.append(2)\n    return 1.0", 4),
        (HEAD + "self.prev_dist = 1.0\n    return 1.0", 2),
        (HEAD + "self.prev: float = 1.0\n    return 1.0", 2),
        (HEAD + "self.robot.count += 1\n    return self.robot.count", 2),
        (HEAD + "if not hasattr(self, 'last'):\n        self.last = 0\n    return self.last", 3),
        (HEAD + "for self.i in (1, 2):\n        pass\n    return 1.0", 2),
        (HEAD + "self._memory = 1\n    return 1.0", 2),
        ("MEMORY = {}\n\n" + HEAD + "MEMORY['x'] = 1\n    return 1.0", 4),
        ("MEMORY = [0]\n\n" + HEAD + "MEMORY.append(1)\n    return 1.0", 4),
    ],
    "StateMutation": [
        (HEAD + "self.robot.ee_position[0] = 1\n    return 1.0", 2),
        (HEAD + "self.robot.ee_position = 1\n    return 1.0", 2),
        (HEAD + "robot = self.robot\n    robot.ee_position[0] += 1\n    return 1.0", 3),
        (HEAD + "self.robot.ee_position += 1\n    return 1.0", 2),
        (HEAD + "action[0] = 1\n    return 1.0", 2),
        (HEAD + "action *= 2\n    return 1.0", 2),
        (HEAD + "self['x'] = 2\n    return 1.0", 2),
    ],
}
WARNED = {
    "ForbiddenImport": ["import torch\n\n" + HEAD + "return 1.0"],
    "ForbiddenSyntax": [
        "class Env:\n    def compute_dense_reward(self, action):\n        return 1.0",
        HEAD + "try:\n        return 1.0\n    except Exception:\n        return 0.0",
    ],
    "FLOAT_EQ": [
        HEAD + "return 1.0 if self.robot.gripper_openness == 1 else 0.0",
        HEAD + "return 1.0 if np.linalg.norm(action) == 0.3 else 0.0",
    ],
    "RANGE": [HEAD + "return 1.0 if self.robot.gripper_openness < -0.5 else 0.0"],
    "QUAT_ORDER": [HEAD + "return Rotation.from_quat(self.obj1.quaternion).magnitude()"],
    "POSITION_COSINE": [HEAD + "return distance.cosine(self.obj1.position, self.goal_position)"],
}


def cases(table):
    return [
        pytest.param(code, program, id=f"{code}-{i}")
        for code, programs in table.items()
        for i, program in enumerate(programs)
    ]


@pytest.mark.parametrize(("code", "case"), cases(REFUSED))
def test_a_fault_is_refused_with_its_code_and_line(schema, code, case):
    source, line = case
    reading = read(source, schema)
    assert not reading.ok
    assert reading.tree is None
    assert {(f.code, f.severity) for f in reading.findings} == {(code, "error")}
    assert reading.findings[0].line == line or line is None
    assert all(f.hint and "\n" not in f.message + f.hint for f in reading.findings)


@pytest.mark.parametrize(("code", "source"), cases(WARNED))
def test_a_weakness_is_warned_about_and_passes(schema, code, source):
    reading = read(source, schema)
    assert [(f.code, f.severity) for f in reading.findings] == [(code, "warning")]
    assert reading.ok


def test_a_clean_program_has_no_findings(schema):
    reading = read(HEAD + "return -np.linalg.norm(self.robot.ee_position)", schema)
    assert reading.ok
    assert reading.findings == ()


def test_an_unknown_member_is_answered_with_the_nearest_and_all(schema):
    finding = read(HEAD + "return self.robot.gripper_pos", schema).findings[0]
    assert finding.message == "self.robot has no 'gripper_pos'"
    assert finding.hint == (
        "did you mean gripper_openness? members: ee_position, gripper_openness, in_contact"
    )
    assert (finding.line, finding.col) == (2, 11)


def test_a_bare_member_is_answered_with_self(schema):
    finding = read(HEAD + "return goal_position[0]", schema).findings[0]
    assert "self.goal_position" in finding.hint


def test_state_is_answered_with_what_is_given_instead(schema):
    finding = read(HEAD + "self.prev = 1\n    return 1.0", schema).findings[0]
    assert all(word in finding.hint for word in ("self.previous", "self.initial", "self.time"))


def test_a_near_name_is_offered_for_a_missing_entry(schema):
    finding = read("def compute_reward(self, action):\n    return 1.0", schema).findings[0]
    assert "did you mean compute_reward (line 1)?" in finding.message


def test_independent_faults_are_reported_together(schema):
    source = HEAD + "x = self.robot.pos\n    y = undefined\n    return np.load('x')"
    codes = [f.code for f in read(source, schema).findings]
    assert codes == ["UnknownAttribute", "UnknownName", "ForbiddenAttribute"]


@pytest.mark.parametrize(
    ("signature", "takes"),
    [
        ("self, action", False),
        ("self, action, obs", True),
        ("self, action, obs=None", True),
        ("self, a, o, info=None", True),
        ("self, action, *args, **kwargs", False),
        ("self, *args", False),
        ("state, act, /", False),
        ("self, action, *, scale=1.0", False),
    ],
)
def test_the_observation_is_passed_by_arity(schema, signature, takes):
    reading = read(f"def compute_dense_reward({signature}):\n    return 1.0", schema)
    assert reading.ok
    assert reading.takes_obs is takes


def test_a_task_without_flat_observation_refuses_to_pass_one(schema_without_obs):
    source = "def compute_dense_reward(self, action, obs{}):\n    return 1.0"
    required = read(source.format(""), schema_without_obs)
    assert [f.code for f in required.findings] == ["RewardSignatureError"]
    optional = read(source.format("=None"), schema_without_obs)
    assert optional.ok
    assert not optional.takes_obs


def test_the_tree_is_ready_to_compile(schema):
    source = (
        "from __future__ import annotations\nimport numpy as xp\nfrom math import pi as p\n"
        "class A:\n"
        "    def compute_dense_reward(self, action: xp.ndarray) -> float:\n"
        "        x: float = p\n"
        "        y: int\n"
        "        ready = hasattr(self, 'robot') and not hasattr(self.robot, 'arm')\n"
        "        return xp.exp(x) + getattr(self, 'bonus', 0.5) + getattr(self, 'time') + ready\n"
    )
    reading = read(source, schema)
    assert ast.unparse(reading.tree) == (
        "xp = _numpy\np = _math.pi\n\n"
        "def compute_dense_reward(self, action):\n"
        "    x = p\n"
        "    ready = True and (not False)\n"
        "    return xp.exp(x) + 0.5 + self.time + ready"
    )
    compile(reading.tree, "<program>", "exec")
    function = reading.tree.body[-1]
    assert (function.lineno, function.body[0].lineno) == (5, 6)


def test_reading_twice_gives_the_same(schema):
    source = HEAD + "x = self.robot.pos\n    y = undefined\n    return np.load('x')"
    assert read(source, schema) == read(source, schema)


def test_imports_inside_functions_do_not_hide_the_module(schema):
    source = HEAD + "import numpy as np\n    import math\n    return np.exp(math.pi)"
    assert "np = _numpy" in ast.unparse(read(source, schema).tree)


def test_a_local_name_may_shadow_a_builtin_or_a_preseeded_function(schema):
    body = "distance = 0.5\n    sum = 1.0\n    cdist = 2.0\n    return distance + sum + cdist"
    assert read(HEAD + body, schema).ok


def test_words_in_comments_and_strings_are_harmless(schema):
    source = (
        "# os.system, __import__, eval(((((((\n" + HEAD + "x = '((((' + '__class__'\n    return 1.0"
    )
    assert read(source, schema).findings == ()


@pytest.mark.parametrize("text", ["'" + "(" * 90 + "'", "# :( " * 90, '"""' + "[" * 90 + '"""'])
def test_brackets_in_texts_do_not_count(schema, text):
    source = HEAD + "return 1.0\n" + (f"X = {text}" if text[0] != "#" else text)
    assert read(source, schema).ok


def test_warnings_of_the_parser_are_nobodys_error(schema):
    assert read(HEAD + "x = '\\d'\n    return 1.0", schema).ok


def test_a_coding_cookie_is_only_a_comment(schema):
    source = "# -*- coding: utf-7 -*-\n# +AAo-import os\n" + HEAD + "return 1.0"
    assert read(source, schema).findings == ()


ORDINARY = {
    "a name that changes from object to array": (
        "t = self.obj1\n    t = t.position\n    return t.sum()"
    ),
    "a name that may be None": (
        "p = None\n    if self.time > 1:\n        p = self.obj1\n    return p.position[0]"
    ),
    "objects in a dictionary": (
        "d = {'a': self.obj1}\n    return sum(o.position[2] for o in d.values())"
    ),
    "objects in a list": "o = []\n    o.append(self.obj1)\n    return o[0].position[0]",
    "an object from a function": "def f():\n        return self.obj1\n    return f().position[0]",
    "the scene passed on": "def f(env):\n        return env.time\n    return f(self)",
    "a type test": "x = isinstance(action, (list, np.ndarray))\n    return float(x)",
    "an own copy of the action": (
        "action = action.copy()\n    action[0] = 1\n    return action.sum()"
    ),
    "merged terms": "t = {'a': 1.0}\n    t |= {'b': 2.0}\n    return sum(t.values()), {**t}",
    "text comparisons": "s = 'reach'\n    return 1.0 if s == 'reach' else 0.0",
    "ellipsis and slices": "return float(np.atleast_2d(action)[..., ::-1][0, :2].sum())",
    "star targets": "x, *rest = action\n    return x + sum(rest)",
    "star arguments": "return max(*action) + min([*action])",
    "lone underscore": "return sum(1.0 for _ in range(3))",
    "zero guard": "n = np.linalg.norm(action)\n    return 0.0 if n == 0.0 else 1.0 / n",
    "getattr of a part": "r = getattr(self, 'robot', None)\n    return r.ee_position[0]",
    "non-ASCII names": "μ = 0.5\n    return μ",
    "method as key": "d = {'a': 1.0}\n    return d[max(d, key=d.get)]",
    "function as key of sort": (
        "d = [action, -action]\n    d.sort(key=np.linalg.norm)\n    return float(d[0][0])"
    ),
    "function as key": "return float(max([action, -action], key=np.linalg.norm)[0])",
    "function under a new name": "n = np.linalg.norm\n    return n(action, ord=2)",
    "function passed to a helper": (
        "def g(f):\n        return f(action)\n    return g(np.linalg.norm)"
    ),
    "positional number types": "return float(np.array([1, 2], float).astype(np.int64).sum())",
    "long decision": "x = 0\n    if x == 1:\n        x = 1\n"
    + "    elif x == 2:\n        x = 2\n" * 20
    + "    return x",
}


@pytest.mark.parametrize("body", ORDINARY.values(), ids=ORDINARY.keys())
def test_ordinary_code_passes_without_a_word(schema, body):
    assert read(HEAD + body, schema).findings == ()


def test_the_length_of_a_step_is_a_constant(schema):
    source = (
        HEAD + "v = self.obj1.position - self.previous.obj1.position\n    return v[0] / self.dt"
    )
    reading = read(source, schema)
    assert reading.findings == ()
    assert ast.unparse(reading.tree).endswith("return v[0] / 0.0125")


def test_no_scene_opens_a_way_by_the_names_of_its_members():
    members = tuple(FieldSpec(n, "a trap", "float") for n in ("gi_frame", "format", "mro", "gap"))
    trap = Schema(EntitySpec("Trap", "", members), ActionSpec(1), 0.05)
    assert read(HEAD + "return self.gi_frame + self.mro", trap).ok
    assert read("def f(x):\n    return x.gap\n\n" + HEAD + "return f([self][0])", trap).ok
    for body in ("(i for i in ()).gi_frame", "len('{0.gap}'.format(self))", "[int][0].mro()"):
        assert not read(HEAD + f"return {body}", trap).ok


def test_a_step_in_the_scene_is_read_from_it(schema):
    root = EntitySpec("Ant", "", (FieldSpec("dt", "step", "float"),))
    reading = read(HEAD + "return self.dt", Schema(root, ActionSpec(1), 0.05))
    assert ast.unparse(reading.tree).endswith("return self.dt")
