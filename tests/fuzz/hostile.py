"""What a reward program must not do, written in as many ways as we know."""

from __future__ import annotations

import builtins
import types
from random import Random

import numpy as np
from scipy.spatial.transform import Rotation

# fmt: off
DUNDERS = [
    *("__annotations__", "__array_function__", "__array_interface__", "__array_struct__"),
    *("__array_ufunc__", "__array_wrap__", "__base__", "__bases__", "__build_class__"),
    *("__builtins__", "__call__", "__cause__", "__class__", "__closure__", "__code__"),
    *("__context__", "__debug__", "__defaults__", "__dict__", "__func__", "__get__", "__getattr__"),
    *("__getattribute__", "__globals__", "__import__", "__init__", "__init_subclass__"),
    *("__kwdefaults__", "__loader__", "__module__", "__mro__", "__notes__", "__reduce__"),
    *("__reduce_ex__", "__self__", "__spec__", "__subclasses__", "__traceback__", "__wrapped__"),
    *("_implementation", "_label", "_math", "_members", "_numpy", "_numpy_linalg", "_refused"),
]
BUILTINS = sorted(name for name in vars(builtins) if not name.startswith("_"))
MODULES = [
    *("builtins", "ctypes", "gc", "importlib", "inspect", "io", "marshal", "mmap"),
    *("numpy.ctypeslib", "numpy.f2py", "numpy.lib", "numpy.testing", "os", "pathlib", "pickle"),
    *("posix", "scipy.io", "signal", "socket", "subprocess", "sys", "threading", "time", "types"),
]
KEYWORDS = [
    *("out", "where", "casting", "order", "subok", "like", "dtype", "signature", "key", "file"),
]
# fmt: on


def _attributes() -> list[str]:
    """Every attribute of what a program can get hold of, and of what it must not."""
    frame = types.FrameType
    values = [
        np,
        np.zeros(1),
        np.float64(1),
        np.add,
        np.dtype(float),
        np.linalg,
        "",
        1,
        1.0,
        [],
        {},
    ]
    values += [(), set(), b"", range(1), Rotation, ValueError(), frame, types.CodeType, _attributes]
    values += [
        types.TracebackType,
        types.GeneratorType,
        np.finfo(float),
        print,
        type,
        slice(1),
        np.lib,
    ]
    return sorted({name for value in values for name in dir(value) if not name.startswith("__")})


ATTRIBUTES = _attributes()

# fmt: off
EXPRESSIONS = [
    *("<any>.<dunder>", "<any>.<attr>", "np.<attr>", "np.<attr>(<any>)", "<vec>.<attr>(<any>)"),
    *("getattr(<entity>, '<dunder>')", "getattr(<entity>, '<attr>', <any>)", "np.linalg.<attr>"),
    *("getattr(<any>, 'ro' + 'bot')", "hasattr(<any>, <str>)", "getattr(*(<any>, '<dunder>'))"),
    *("'{0.<dunder>}'.format(<any>)", "<str>.format(<any>)", "<str>.format_map({'x': <any>})"),
    *("f'{<any>.<dunder>}'", "f'{<num>:{<num>}}'", "f'{<num>:99999999}'", "f'{<any>!a:>99}'"),
    *("<str> % <any>", "<str> * 10 ** 9", "(<str>,) * 9", "[0] * 10 ** 10", "10 ** 10 ** 10"),
    *("2 ** 99999", "(1 << <num>)", "<any> >> 1", "(yield <any>)", "(await <any>)", "b'abc'", "1j"),
    *("np.exp(<vec>, <vec>)", "np.add(<vec>, 1, <vec>)", "np.exp(<vec>, out=<vec>)", "<builtin>"),
    *("np.add(*[<vec>, 1, <vec>])", "np.clip(<vec>, **{'out': <vec>})", "<builtin>(<any>)"),
    *("<vec>.sum(out=action)", "<vec>.clip(0, 1, action)", "np.nan_to_num(<vec>, False)"),
    *("np.array([<entity>], dtype=object)", "np.array([<any>], 'O')", "<vec>.astype('object')"),
    *("np.zeros(3, dtype=[('a', 'O')])", "[np][0].load('x')", "(np if <bool> else math).pi"),
    *("(m := np).load('x')", "(lambda m: m.load)(np)", "(lambda m=np: m)()"),
    *("list(map(np.add, <vec>))", "(lambda f: f(<vec>, 1, <vec>))(np.add)"),
    *("[np.add, np.exp][0](<vec>, 1)", "type(<any>)", "{'f': np.add}['f'](<vec>, 1, <vec>)"),
    *("(np.add or abs)(<vec>, 1)", "map(np.add, <vec>, <vec>)", "(i for i in <list>).gi_frame"),
    *("(lambda: 0).__code__", "<symbol>", "<symbol>.<attr>", "str.<attr>(<any>)"),
    *("dict.fromkeys(<any>)", "int.from_bytes(<any>)", "float.<attr>(<str>)", "next(iter(<list>))"),
    *("open('/etc/passwd')", "eval(<str>)", "__import__('os')", "_numpy"),
    *("[x for np.pi in <list>]", "[self for self in <list>]", "[x0 for x0 in <list> if (x0 := 1)]"),
    *("(lambda self: self.<attr>)(<any>)", "(lambda np: np.<attr>)(<any>)", "<entity>.<attr>"),
    *("<entity>(<any>)", "<entity>[0]", "-<entity>", "<entity> + 1", "np.add(<entity>, 1)"),
    *("*<any>", "max(<entity>, <entity>, key=lambda o: o.<attr>)", "sorted(<any>, key=np.load)"),
    *("np", "math.pi()", "isinstance(<any>, (np.ndarray, <type>))", "dict(<dunder>=1)"),
    *("dict(**{'<dunder>': 1})", "print(<any>, file=<any>)", "print(*[<str>] * 99999, sep=<any>)"),
    *("sum([[1]] * 99, [])", "np.ones((10 ** 9, 10 ** 9))", "np.zeros(10 ** 12)"),
    *("np.repeat(<vec>, 10 ** 8)", "<vec>.T.base", "np.einsum('i->', <vec>, out=<vec>)"),
    *("np.einsum('i,i', *[<vec>] * 2)", "np.errstate(all='ignore')", "(<entity>, <vec>)[0].<attr>"),
    *("{1: <entity>}[1].<attr>", "(<entity> or <vec>).<attr>"),
    *("getattr(self, 'robot' if <bool> else 'obj1')", "self.<attr>.<attr>", "self.previous.time"),
    *("self.previous.previous", "self.initial.action", "action.<attr>", "ｎp.ｌoad('x')"),
    *("self.ｒobot", "Rotation.<attr>(<any>)", "Rotation(<any>)", "<rot>.<attr>"),
    *("R.concatenate([<rot>])", "np.linalg.norm.<dunder>", "tolerance.<dunder>"),
    *("np.float64.<attr>", "np.finfo(float).<attr>"),
    "sorted([np.add], key=lambda f: f(1, 2, action))",
    *("list(map(lambda f: f(1, 2, action), [np.add]))", "(lambda **k: k)(np=np)['np'].load"),
    *("[*(np.add,)][0](1, 2, action)", "{**{'f': np.add}}['f'](1, 2, action)"),
    *("f'{np.add(1, 2, action)}'", "f'{np!r}'", "f'{self}'", "str(<entity>)", "print(np)"),
    *("(np == np)", "(np or 1)", "[n for n in np]", "np[0]", "(-np)", "str(abs)"),
    *("np.array(<entity>)", "np.array([None, <any>])", "np.sqrt(np.array(<dict>))"),
    *("np.array([lambda: 1, abs])", "max([<entity>, <vec>], key=str)"),
    *("isinstance(<entity>, <builtin>)", "dict(self=self)['self'].<attr>"),
    *("(<any>, *<list>, <entity>)[-1].<attr>", "np.where(<bool>, <entity>, 1)"),
    *("np.select([<bool>], [<any>])", "np.append([<entity>], 1)", "sum([<list>], [])"),
    *("sum([<str>], '')", "min(<symbol>, <symbol>, key=str)", "enumerate(<entity>)"),
    *("zip(<entity>)", "len(<entity>)"),
    *("<pose>._numbers", "<pose>.<attr>", "<pose>[0]", "<pose> + 1", "<pose> * <vec>", "-<pose>"),
    *("np.array(<pose>)", "np.array(<poses>)", "<vec> * <pose>", "Pose.<attr>", "Pose.<dunder>"),
    *("Pose.p", "Pose(<any>, <any>)", "(lambda P: P.<attr>)(Pose)", "sorted(<poses>)"),
    *("self.robot.check_grasp", "self.robot.check_grasp.<dunder>", "(<asked>).<attr>", "<asked>()"),
    *("self.robot.check_grasp(<any>, <any>)", "self.robot.check_grasp(*<list>)", "f'{<pose>!r}'"),
    "self.robot._ee_coords",
    *("self.handle.local_sdf(<any>)", "getattr(self.cubeA, '_grasp')", "self.handle._cloud"),
    *("(lambda e: e.check_grasp)(<entity>)", "[self.cubeA][0].check_static.<dunder>"),
    *("self.handle.target_grasp_poses.append(<any>)", "self.cubeA.check_static(<any>, x=<any>)"),
]
STATEMENTS = [
    *("self.x = <any>", "self.robot = <any>", "np.pi = 3", "action[0] = <num>", "action += <num>"),
    *("for np.pi in <list>: pass", "*np.pi, z = <list>", "self.obj1.position[0] = 1.0"),
    *("del action", "global np\nnp = <any>", "nonlocal w0", "with <any> as q: pass", "raise <any>"),
    *("return <any>", "import os", "import os as np", "from os import getpid as g\ng()"),
    *("import <module> as q\nq.<attr>", "from numpy import <attr> as q\nq(<any>)"),
    *("from numpy.lib import <attr>", "from . import q\nq", "try:\n    <any>\nexcept:\n    pass"),
    "try:\n    <any>\nexcept BaseException:\n    pass",
    "try:\n    <any>\nexcept Exception as e:\n    q = e.<attr>",
    "try: pass\nexcept* ValueError: pass",
    "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError(e) from e",
    *("match <any>:\n    case int(x): pass", "match <any>:\n    case [a, *b]: pass"),
    "match <any>:\n    case np.pi: pass\n    case q: pass",
    *("match <any>:\n    case {'a': q}: pass", "match <any>:\n    case np.<attr>: pass"),
    *("match <any>:\n    case -1 | (None as q): pass", "@<symbol>\ndef f(): pass", "class A: pass"),
    *("class A(metaclass=<builtin>): x = 1", "async def f(): pass"),
    *("def f(x=<any>): return x\nf()", "def f(x=[]):\n    x.append(1)\n    return x\nf()"),
    *("def f(np): return np.<attr>\nf(<any>)", "def f(*a, **k): return k['f'](a)\nf(f=np.load)"),
    *("def f(self): return self.<attr>\nf(<entity>)", "def f():\n    yield 1\nf()"),
    *("def f(x): return f(x)\nf(1)", "def f(): return f\nf()()()()"),
    *("def abs(x): return x.<attr>\nabs(<any>)", "def self(): pass"),
    *("def map(f, *x): return f(*x)\nmap(np.add, <vec>, 1, <vec>)", "np = <any>"),
    *("self = <any>\nself.<attr>", "m = np\nm.<attr>", "f = np.add\nf(<vec>, 1, <vec>)"),
    *("f = <symbol>\nf(<any>, <any>, <any>)", "f = print\nf.<attr>", "q = self\nq.x = 1"),
    *("q = action\nq[0] = 1", "q: open('x') = 1", "q: (z := 1) = 2", "q = r = <entity>\nr.y = 1"),
    *("q = <vec>.sum\nq(out=action)", "q = [self]\nq[0].x = 1", "q = [action]\nq[0][0] = 1.0"),
    *("q, r = self, np\nr.<attr>", "C0 += 1", "C0.append(1)", "C0['n'] = C0.get('n', 0) + 1"),
    *("C1[0] = 5.0", "while True:\n    break", "x, x = 1, 2", "assert <any>, <any>"),
    *("for q in <any>:\n    q.<attr>", "for q in (np, math):\n    q.pi"),
    *("for self in <list>: pass", "q = (yield)", "q = lambda: (yield)", "break", "continue"),
    *("return", "pass; pass; import sys", "__builtins__ = {}"),
    "def f(a, /, b, *, c=1, **d): return a, d\nf(<any>, b=1, **{'e': np})",
    *("def compute_dense_reward(): pass", "try:\n    q = undefined1\nfinally:\n    pass"),
    *("if False:\n    q9 = 1\nq9", "e: float\nprint(e)", "[x for x in <list>]\nx"),
    *("try:\n    1 / 0\nexcept ValueError as q8:\n    pass\nq8", "for q7 in []: pass\nq7"),
    "def f(g): return g\nh = f(np.add)\nh(<vec>, 1, action)",
    "def f(*g): return g[0]\nf(np.add)(<vec>, 1, action)",
    "def f(**g): return g['x']\nf(x=np.add)(<vec>, 1, action)",
    *("f, g = np.add, np.exp\nf(<vec>, 1, action)", "[f, *g] = [np.add]\nf(1, 2, action)"),
    *("for f in (np.add, np.exp): f(<vec>, 1, action)", "f = (lambda: np.add)()\nf(1, 2, action)"),
    "h = {'f': abs}\nh['f'] = np.add\nh['f'](1, 2, action)",
    "h = []\nh.append(np.add)\nh[0](1, 2, action)",
    "f = abs\nif <bool>: f = np.add\nf(1, 2, action)",
    "def f(x=np.add): return x(1, 2, action)\nf()",
    "f = max\nf = np.add if <bool> else f\nf(<vec>, 1, action)",
    "match np.add:\n    case f: f(1, 2, action)",
    "try:\n    raise ValueError(np)\nexcept ValueError as e:\n    q = e.args",
    "def f():\n    def g(): return np\n    return g\nf()().<attr>",
    *("import math as np\nnp.<attr>", "import numpy as z, math as z\nz.<attr>"),
    "from math import pi as np\nnp.<attr>",
    "def f():\n    np = <any>\n    def g(): return np.<attr>\n    return g()\nf()",
    "q = []\ndef f():\n    q.append(1)\n    return len(q)\nf()",
    *("def f(x, q=(lambda: [])()):\n    q.append(x)\n    return q\nf(1)", "f = lambda: f\nf.n = 1"),
    *("def f(): pass\nf.n = 1", "q = self.previous\nq.robot = 1"),
    "def f(a):\n    a[0] = 7.0\nf(action)\nf(self.goal_position)",
    "q = r = []\nr += [np]\nq[0].<attr>",
    "def f(x):\n    try: x.<attr>\n    except AttributeError as e: return e\nq = f(<any>)",
    *("q = <pose>\nq.p = <vec>", "q = <pose>\nq.p[0] = <num>", "q = Pose\nq.p = <any>"),
    *("self.cubeA.pose = <pose>", "self.cubeA.pose.p += <num>", "q = <entity>\nq.inv = abs"),
    *("q = self.robot.check_grasp\nq.x = <any>", "self.handle.get_world_pcd()[0] = <num>"),
    *("q = self.handle.get_world_pcd()\nq *= 0.0", "Pose.x = <any>", "del self.cubeA.pose"),
    *("def f(e): return e.check_static\nf(self.cubeA)()", "for q in <pose>: pass"),
    "def Pose(*a): return a\nPose(<any>, <any>)",
    "try: <vec>[99]\nexcept IndexError as e:\n    q = f'{e}', [e], e\n    r = q[2].<attr>",
]
TOP = [
    *("X = <any>", "X = [<num>]", "X = {'n': 0}", "X = (i for i in range(9))", "X = print(1)"),
    *("X = Y = np.zeros(3)", "X = lambda: X", "X = enumerate([1])", "print(1)", "X = iter([1])"),
    *("if <bool>: X = 1", "for i in range(3): pass", "def np(): return 1"),
    *("def tuple(x): return x\nX = tuple([1])", "X = <symbol>", "class A:\n    x = <any>"),
    *("X: int", "X, *Y = <list>", "X = map(abs, [1])", "X = zip([1], [2])"),
    *("compute_dense_reward = <any>", "from os import system", "import <module>", "X = np.<attr>"),
    *("X = <any>.<attr>", "def f(x=X): return x\nX = 1", "X = Y\nY = 1", "X = [<any>][0]"),
    *("np = <any>", "X = np.array([<num>])", "X = Rotation.identity()", "X = dict(n=0)"),
    *("X = Pose()", "X = [Pose()]", "X = Pose(<any>)", "X = {'last': ObjectPose()}"),
    *("X = filter(None, [1])", "X = reversed([1])", "X = sorted"),
]
ARGUMENTS = [
    *("out=<vec>", "*<any>", "**<dict>", "**{'out': <vec>}", "<vec>, <vec>, <vec>", "dtype=object"),
    *("where=<any>", "dtype='O'", "casting='unsafe'", "overwrite_input=True", "key=<builtin>"),
    *("axis=<any>", "subok=True", "like=<vec>", "copy=False", "order='F'", "signature='OO->O'"),
    *("dtype=<any>", "allow_pickle=True"),
]
# fmt: on

_FULLWIDTH = str.maketrans({chr(c): chr(c + 0xFEE0) for c in range(0x61, 0x7B)})


def respell(source: str, rng: Random) -> str:
    """Write the same program, or nearly, in characters that another reader may read otherwise."""
    at = rng.randrange(len(source))
    end = min(len(source), at + rng.randint(1, 6))
    changes = [
        lambda: source[:at] + source[at:end].translate(_FULLWIDTH) + source[end:],
        lambda: (
            f"# -*- coding: {rng.choice(['utf-7', 'rot13', 'utf-16', 'latin-1'])} -*-\n" + source
        ),
        lambda: (
            source[:at]
            + rng.choice(["\0", "\f", "\r", "\u2028", "\\\n", "\ufeff", "\t"])
            + source[at:]
        ),
        lambda: source.replace("    ", "\t"),
        lambda: source.replace("\n", "\r\n"),
        lambda: "\ufeff" + source,
        lambda: source[:at] + chr(rng.randrange(0x110000)) + source[end:],
        lambda: source[:at] + source[end:],
        lambda: source + "\x1a",
    ]
    return rng.choice(changes)()
