"""Ways out of a restricted Python that are known in public: static reading refuses each."""

import ast

import pytest

from rewardlab.program import reading, size
from rewardlab.program.reading import read

BODIES = {
    "subclasses": "return ().__class__.__bases__[0].__subclasses__()",
    "globals": "return compute_dense_reward.__globals__",
    "code": "return (lambda: 0).__code__",
    "init globals": "return self.__init__.__globals__",
    "class by string": "return getattr(self, '__class__')",
    "class by joined string": "return getattr(self, '__cl' + 'ass__')",
    "class by has": "return hasattr(self, '__class__')",
    "getattr aliased": "g = getattr\n    return g(self, 'robot')",
    "getattr on number": "return getattr(1, 'real')",
    "getattr starred": "return getattr(*(self, '__class__'))",
    "setattr": "setattr(self, 'x', 1)\n    return 1.0",
    "vars": "return vars(self)",
    "dir": "return len(dir(self))",
    "type": "return type(self).mro()",
    "type of three": "return type('X', (), {})()",
    "object": "return object()",
    "super": "return super()",
    "import call": "return __import__('os').getpid()",
    "builtins": "return __builtins__['open']('x')",
    "open": "return len(open('/etc/passwd').read())",
    "eval": "return eval('1')",
    "exec": "exec('x = 1')\n    return 1.0",
    "compile": "return compile('1', '', 'eval')",
    "input": "return float(input())",
    "breakpoint": "breakpoint()\n    return 1.0",
    "globals call": "return len(globals())",
    "locals call": "return len(locals())",
    "exit": "exit(0)\n    return 1.0",
    "iter and next": "return next(iter(action))",
    "memoryview": "return memoryview(action)[0]",
    "format field": "return len('{0.robot}'.format(self))",
    "format map": "return len('{x.robot}'.format_map({'x': self}))",
    "format by variable": "t = '{0.robot}'\n    return len(t.format(self))",
    "format unbound": "return len(str.format('{0.robot}', self))",
    "format aliased": "f = '{0.robot}'.format\n    return len(f(self))",
    "format mapped": "return len(list(map('{0.robot}'.format, [self])))",
    "percent bomb": "return len('%1000000000d' % 1)",
    "string bomb": "return len('a' * 10 ** 9)",
    "fstring bomb": "return len(f'{1:1000000000}')",
    "fstring computed bomb": "n = 10 ** 9\n    return len(f'{1:{n}}')",
    "fstring dunder": "return len(f'{self.__class__}')",
    "generator frame": "return (i for i in ()).gi_frame.f_back",
    "exception traceback": (
        "try:\n        return 1 / 0\n    except ZeroDivisionError as e:\n"
        "        return e.__traceback__"
    ),
    "exception frame": (
        "try:\n        return 1 / 0\n    except ZeroDivisionError as e:\n"
        "        return e.with_traceback(None)"
    ),
    "exception object": (
        "try:\n        return self.robot.ee_position\n    except AttributeError as e:\n"
        "        return e.obj"
    ),
    "exception aliased": (
        "try:\n        return 1 / 0\n    except ZeroDivisionError as e:\n"
        "        f = e\n        return f.args"
    ),
    "base exception": "try:\n        return 1.0\n    except BaseException:\n        return 0.0",
    "except group": "try:\n        return 1.0\n    except* ValueError:\n        pass",
    "yield": "x = yield\n    return 1.0",
    "await": "return await self",
    "decorator": "@print\n    def f():\n        return 1\n    return 1.0",
    "inner class": "class A:\n        pass\n    return 1.0",
    "metaclass": "class A(metaclass=print):\n        pass\n    return 1.0",
    "match class": "match self:\n        case str(x):\n            return x\n    return 1.0",
    "match attributes": "match self:\n        case int(y=x):\n            return x\n    return 1.0",
    "match mapping": "match self:\n        case {'a': x}:\n            return x\n    return 1.0",
    "match private": "match 1:\n        case np._core:\n            return 1.0\n    return 1.0",
    "match capture": "match 1:\n        case _x:\n            return 1.0\n    return 1.0",
    "store attribute": "np.float64.x = 1\n    return 1.0",
    "store on module": "np.pi = 3\n    return 1.0",
    "store by loop": "for np.pi in (1, 2):\n        pass\n    return 1.0",
    "store by comprehension": "x = [0 for np.pi in (1, 2)]\n    return 1.0",
    "store by star": "*np.pi, x = 1, 2\n    return 1.0",
    "store by annotation": "np.pi: float = 3\n    return 1.0",
    "store by augmentation": "np.pi += 3\n    return 1.0",
    "delete attribute": "del np.pi\n    return 1.0",
    "with": "with self.robot as r:\n        return 1.0",
    "global": "global np\n    np = 1\n    return 1.0",
    "default argument": "def f(x=print('x')):\n        return 1\n    return 1.0",
    "default walk": "f = lambda x=self.robot.__class__: x\n    return 1.0",
    "keyword name": "return dict(__class__=1)['x']",
    "parameter name": "def f(__x):\n        return 1\n    return 1.0",
    "NFKC identifier": "return __ｉmport__('os')",
    "NFKC attribute": "return self.__ｃlass__",
    "NFKC builtin": "return ｅval('1')",
    "NFKC symbol": "return np.ｌoad('x')",
    "module as value": "m = [np]\n    return m[0].load('x')",
    "module returned": "def f():\n        return np\n    return f().load('x')",
    "module in ifexp": "return (np if action else np).load('x')",
    "module walrus": "return (m := np).load('x')",
    "module by default": "def f(m=np):\n        return m.load('x')\n    return f()",
    "module by argument": "def f(m):\n        return m.load('x')\n    return f(np)",
    "module by tuple": "m, n = np, 1\n    return m.load('x')",
    "module in loop": "for m in (np,):\n        return m.load('x')\n    return 1.0",
    "numpy os": "return np.os.getpid()",
    "numpy sys": "return np.sys.modules",
    "numpy builtins": "return np.builtins.open('x')",
    "numpy f2py": "return np.f2py.os.system('ls')",
    "numpy lib": "return np.lib.format.open_memmap('x')",
    "numpy core": "return np.core.multiarray.sys",
    "numpy testing": "return np.testing.runstring('1', {})",
    "numpy ctypeslib": "return np.ctypeslib.ctypes",
    "numpy load": "return np.load('x', allow_pickle=True)",
    "numpy fromfile": "return np.fromfile('/etc/passwd')",
    "numpy memmap": "return np.memmap('/etc/passwd')",
    "numpy genfromtxt": "return np.genfromtxt('x')",
    "numpy savetxt": "np.savetxt('x', action)\n    return 1.0",
    "numpy tofile": "action.tofile('x')\n    return 1.0",
    "numpy dump": "action.dump('x')\n    return 1.0",
    "numpy ctypes": "return action.ctypes.data",
    "numpy data": "return action.data[0]",
    "numpy base": "return action.base[0]",
    "numpy interface": "return action.__array_interface__",
    "numpy frombuffer": "return np.frombuffer(b'a')",
    "numpy as_strided": "return np.lib.stride_tricks.as_strided(action, (10 ** 6,))",
    "numpy ndarray": "return np.ndarray((9,), float, action)",
    "numpy ndarray aliased": "a = np.ndarray\n    return a((9,), float, action)[0]",
    "numpy vectorize": "return np.vectorize(eval)('1')",
    "numpy frompyfunc": "return np.frompyfunc(print, 1, 1)(1)",
    "numpy piecewise": "return np.piecewise(1, [True], [print])",
    "numpy apply": "return np.apply_along_axis(print, 0, action)",
    "numpy seterrcall": "np.seterrcall(print)\n    return 1.0",
    "numpy printoptions": "np.set_printoptions(formatter={})\n    return 1.0",
    "numpy random state": "np.random.seed(0)\n    return 1.0",
    "numpy put": "np.put(action, 0, 1)\n    return 1.0",
    "numpy copyto": "np.copyto(action, 1)\n    return 1.0",
    "numpy place": "np.place(action, True, 1)\n    return 1.0",
    "numpy at": "np.add.at(action, 0, 1)\n    return 1.0",
    "numpy reduce out": "np.add.reduce(action, 0, None, action)\n    return 1.0",
    "numpy out keyword": "np.exp(action, out=action)\n    return 1.0",
    "numpy out position": "np.exp(action, action)\n    return 1.0",
    "numpy out in dict": "np.exp(action, **{'out': action})\n    return 1.0",
    "numpy out in star": "np.add(*[action, 1, action])\n    return 1.0",
    "numpy out aliased": "f = np.add\n    f(action, 1, action)\n    return 1.0",
    "numpy out mapped": "x = list(map(np.add, action, action, action))\n    return 1.0",
    "numpy out in list": "f = [np.add][0]\n    f(action, 1, action)\n    return 1.0",
    "numpy out by ifexp": "f = np.add if action.any() else abs\n    return f(1, 2, action)",
    "numpy out by helper": "def g(f):\n        return f(1, 2, action)\n    return g(np.add)",
    "numpy out by stars": "def g(*f):\n        return f[0](1, 2, action)\n    return g(np.add)",
    "numpy out by keywords": "def g(**f):\n        return f['f'](1, 2, 3)\n    return g(f=np.add)",
    "numpy out by own map": "def map(f, x):\n        return f(1, 2, x)\n    return map(np.add, 1)",
    "numpy out by own test": "isinstance = lambda a, f: f(1, a)\n    return isinstance(1, np.abs)",
    "numpy out in test": "def g(f):\n        return f\n    return isinstance(1, g(np.add))",
    "numpy out by long chain": (
        "a = b = c = d = e = f = g = h = i = j = k = m = np.add\n    for n in range(99):\n        "
        + "\n        ".join(f"{x} = {y}" for x, y in zip("abcdefghijk", "bcdefghijkm", strict=True))
        + "\n    return a(1, 2, action)"
    ),
    "chain backwards": (
        "a = b = c = d = e = f = g = h = i = j = k = m = abs\n    m = np.add\n"
        "    for n in range(99):\n        "
        + "\n        ".join(f"{x} = {y}" for x, y in zip("abcdefghijk", "bcdefghijkm", strict=True))
        + "\n    return a(1, 2, action)"
    ),
    "numpy out by lambda": "g = lambda f: f(1, 2, action)\n    return g(np.add)",
    "numpy out by method": "action.clip(0, 1, action)\n    return 1.0",
    "numpy out by method keyword": "action.sum(out=action)\n    return 1.0",
    "numpy out by bound method": "f = action.sum\n    return f(out=action)",
    "numpy nan_to_num": "np.nan_to_num(action, False)\n    return 1.0",
    "numpy nan_to_num keyword": "np.nan_to_num(action, copy=False)\n    return 1.0",
    "numpy median": "np.median(action, overwrite_input=True)\n    return 1.0",
    "numpy object": "return np.array([self], dtype=object)[0]",
    "numpy object position": "return np.array([self.robot], 'O')[0]",
    "numpy structured": "return np.zeros(3, dtype=[('a', 'O')])",
    "numpy dtype call": "return np.dtype('O')",
    "numpy astype": "return action.astype('object')[0]",
    "numpy view": "return action.view('O')[0]",
    "numpy flat": "action.flat[0] = 1\n    return 1.0",
    "numpy fill": "action.fill(1)\n    return 1.0",
    "numpy resize": "action.resize(9)\n    return 1.0",
    "numpy setflags": "action.setflags(write=True)\n    return 1.0",
    "scipy io": "import scipy\n    return scipy.io.loadmat('x')",
    "scipy hatch": "import scipy.spatial.distance as d\n    return d.np.load('x')",
    "scipy cdist out": "return cdist(action, action, out=action)",
    "rotation state": "return Rotation.__reduce__",
    "rotation call": "return Rotation(action)",
    "typing hatch": "import typing\n    return typing.sys.modules",
    "typing namedtuple": "from typing import NamedTuple\n    return NamedTuple('x', [])",
    "transforms3d hatch": "import transforms3d\n    return transforms3d.np.load('x')",
    "math hatch": "return math.__loader__",
    "math factorial": "return math.factorial(10 ** 9)",
    "helper hatch": "return tolerance.__globals__",
    "import os": "import os\n    return os.getpid()",
    "import aliased": "import os as o\n    return o.getpid()",
    "import from os": "from os import getpid as g\n    return g()",
    "import private": "import _thread\n    return 1.0",
    "import private alias": "import numpy as _np\n    return 1.0",
    "import importlib": "import importlib\n    return importlib.import_module('os')",
    "import sub-package": "import numpy.f2py as f\n    return f.os",
    "import from sub-package": "from numpy.f2py import os\n    return os.getpid()",
    "import class": "import scipy.spatial.transform.Rotation as r\n    return r.x",
    "our own global": "return _numpy.load('x')",
    "our own marker": "return _refused",
    "match value call": "match 1:\n        case print('x'):\n            return 1.0\n    return 0",
    "match star": "match [1]:\n        case [*x]:\n            return 1.0\n    return 0.0",
    "match dotted": "match 1:\n        case np.os.environ:\n            return 1.0\n    return 0.0",
    "star of a module": "x = [*np]\n    return 1.0",
    "star of an attribute": "for *np.pi, x in ((1, 2),):\n        pass\n    return 1.0",
    "nested format": "return len(f'{1:{2}{3}}')",
    "nested format of an attribute": "return len(f'{1:{self.__class__}}')",
    "format with a call": "return len(f'{1:{open(1)}}')",
    "wide precision": "return len(f'{1.0:.999f}')",
    "fill and width": "return len(f'{1:x>9999}')",
    "walrus in a default": "f = lambda x=(y := 1): x\n    return f()",
    "walrus of a function": "(f := np.add)(action, 1, action)\n    return 1.0",
    "call in a named default": "def f(*, x=open('x')):\n        return x\n    return 1.0",
    "lambda in a default": "def f(x=lambda: 1):\n        return x()\n    return f()",
    "print to a file": "print('x', file=self)\n    return 1.0",
    "print by keywords": "p = print\n    p('x', file=open('x', 'w'))\n    return 1.0",
    "sorted by a walker": "return sorted([self], key=getattr)[0]",
    "sorted by format": "return sorted([self], key='{0.robot}'.format)[0]",
    "sorted by load": "return sorted(['x'], key=np.load)[0]",
    "max by attribute": "return max([self], key=lambda s: s.__class__)",
    "map of a method": "return list(map(str.format, ['{0.robot}'], [self]))",
    "map of a writer": "return list(map(np.copyto, [action], [1]))",
    "map of fill": "return list(map(action.fill, [1]))",
    "filter by eval": "return list(filter(eval, ['1']))",
    "str mro": "return str.mro()",
    "str methods": "return 'x'.center(10 ** 9)",
    "str maketrans": "return str.maketrans('a', 'b')",
    "comprehension over self": "return [self.x for self.x in (1, 2)][0]",
    "comprehension into action": "return [0 for action[0] in (1, 2)][0]",
    "asynchronous comprehension": "return [x async for x in action]",
    "string dtype": "return np.zeros(3, dtype='S9')[0]",
    "structured dtype": "return np.zeros(3, dtype='f8,O')[0]",
    "record dtype": "return np.zeros(3, dtype={'names': ['a'], 'formats': ['O']})[0]",
    "dtype by variable": "d = 'O'\n    return np.array([self], dtype=d)[0]",
    "dtype by either": "return np.array([self], dtype='O' if self.time > 1 else float)[0]",
    "dtype by helper": "def f(d):\n        return np.array([self], d)\n    return f('O')[0]",
    "dtype of a method": "return action.astype(dtype='O')[0]",
    "dtype by dictionary": "return np.array([self], **{'dtype': 'O'})[0]",
    "dtype class": "return np.array([self], dtype=np.object_)[0]",
    "einsum out": "np.einsum('i->i', action, out=action)\n    return 1.0",
    "einsum optimised": "return np.einsum('i->', action, optimize=print)",
    "axis with out": "np.cumsum(action, 0, float, action)\n    return 1.0",
    "clip out": "np.clip(action, 0, 1, action)\n    return 1.0",
    "round out": "np.round(action, 2, action)\n    return 1.0",
    "take out": "np.take(action, [0], 0, action)\n    return 1.0",
    "dot out": "np.dot(action, action, action)\n    return 1.0",
    "pad by a function": "return np.pad(action, 1, mode=print)[0]",
    "norm of everything": "return np.linalg.os.getpid()",
    "svd state": "return np.linalg.linalg.sys",
    "special hatch": "import scipy.special as s\n    return s.np.load('x')",
    "function in a handler": (
        "try:\n        return 1 / 0\n"
        "    except (lambda f: f(1, 2, action) or ValueError)(np.add):\n        return 0.0"
    ),
    "module in a handler": (
        "try:\n        return 1 / 0\n"
        "    except (ValueError, [np][0].load('x')):\n        return 0.0"
    ),
    "exception class": "raise np.linalg.LinAlgError('x')",
    "exception walk": "return np.linalg.LinAlgError.__init__",
    "raise from walker": "raise ValueError(self.__class__) from None",
    "huge hexadecimal": "return 1.0 if self.time == 0x" + "f" * 9000 + " else 0.0",
    "type checking import": "from typing import TYPE_CHECKING\n    return TYPE_CHECKING",
    "typing as value": "import typing as t\n    return t.get_type_hints(self)",
    "array alias called": (
        "from numpy.typing import NDArray\n    return NDArray[float]((9,), float, action)[0]"
    ),
    "annotation effect": "x: open('x') = 1\n    return y",
    "fromkeys": "return dict.fromkeys(action)[0]",
    "mro": "return int.mro()",
    "to bytes": "return (1).to_bytes(10 ** 9, 'big')",
    "translate": "return 'a'.translate(self)",
    "encode": "return 'a'.encode('idna')",
    "attribute of a part or an array": (
        "x = self\n    x = np.ones(3)\n    y = x.T\n    f = y.tofile\n    return f('x')"
    ),
    "frame of a part or a generator": (
        "x = self.robot\n    x = np.ones(3)\n    y = x.T\n    y = (i for i in ())\n"
        "    return y.gi_frame.f_back.f_globals"
    ),
    "exception of a part or a list": (
        "x = self\n    x = [0]\n    y = x.copy\n    try:\n        return 1 / 0\n"
        "    except ZeroDivisionError as e:\n        y = [e][0]\n    f = y.with_traceback\n"
        "    return f(None)"
    ),
}
MODULES = {
    "top-level effect": "print(1)",
    "top-level call": "X = open('x')",
    "top-level walrus": "X = (y := print)(1)",
    "top-level own call": "def f():\n    return (i for i in range(9))\n\nX = f()",
    "top-level shadow": "def tuple(x):\n    return (i for i in x)\n\nX = tuple([1])",
    "top-level nested generator": "X = [(i for i in range(9))]",
    "top-level iterator": "X = {'a': enumerate((1, 2))}",
    "class body": "class A:\n    print(1)",
    "class decorated": "@print\nclass A:\n    pass",
    "function decorated": "@print\ndef f():\n    return 1",
    "mutable default": "def f(x={}):\n    return x",
    "default call": "def f(x=open('x')):\n    return x",
    "rebound entry": "compute_dense_reward = print",
    "loop": "for i in range(9):\n    pass",
    "try import": "try:\n    import os\nexcept ImportError:\n    pass",
    "top-level lambda call": "X = (lambda: zip((1, 2)))()",
    "top-level call of an item": "X = [zip][0]((1, 2))",
    "top-level alias call": "z = zip\nX = z((1, 2))",
    "top-level map": "X = tuple(map(print, (1, 2)))",
    "top-level reversed": "X = reversed((1, 2))",
    "star import": "from numpy import *",
    "main": "if __name__ == '__main__':\n    pass",
    "dunder function": "def __getattr__(name):\n    return 1",
    "dunder constant": "__builtins__ = {}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_way_out_inside_the_function_is_refused(schema, body):
    assert not read(f"def compute_dense_reward(self, action):\n    {body}\n", schema).ok


@pytest.mark.parametrize("text", MODULES.values(), ids=MODULES.keys())
def test_a_way_out_beside_the_function_is_refused(schema, text):
    source = f"{text}\n\n\ndef compute_dense_reward(self, action):\n    return 1.0\n"
    assert not read(source, schema).ok


@pytest.mark.parametrize(
    "annotated",
    [
        "def compute_dense_reward(self, action: open('x')) -> exec('1'):\n    return 1.0",
        "def compute_dense_reward(self, action):\n    x: open('x') = 1.0\n    return x",
        "def compute_dense_reward(self, action):\n    x: (y := 1)\n    return 1.0",
    ],
)
def test_code_in_annotations_never_reaches_the_compiled_tree(schema, annotated):
    reading = read(annotated, schema)
    assert reading.ok
    text = ast.unparse(reading.tree)
    assert not any(word in text for word in ("open", "exec", "y :="))


@pytest.mark.parametrize(
    "hidden",
    [
        "x = lambda: (yield)",
        "match 1:\n            case int(__class__=x):\n                return x",
        "with self.robot:\n            global np",
        "x = 1 << 9",
        "del action",
        "x = b'x'",
    ],
)
def test_many_warnings_hide_no_error(schema, hidden):
    warned = "    try:\n        pass\n    except Exception:\n        pass\n" * 30
    source = (
        f"def compute_dense_reward(self, action):\n{warned}    if True:\n        {hidden}\n"
        "    return 1.0\n"
    )
    assert not read(source, schema).ok


OPENING = [
    *("subclasses", "globals", "code", "init globals", "generator frame", "exception traceback"),
    *("exception object", "format field", "format aliased", "format mapped", "import call"),
    *("builtins", "numpy os", "numpy ctypes", "numpy data", "numpy tofile", "numpy interface"),
    *("match class", "match mapping", "match attributes", "store attribute", "delete attribute"),
    *("yield", "with", "global", "inner class", "attribute of a part or an array"),
    *("frame of a part or a generator", "exception of a part or a list", "keyword name"),
    *("parameter name", "match capture", "str mro", "map of a method", "our own marker"),
]


@pytest.mark.parametrize("name", OPENING)
def test_the_last_look_alone_refuses_what_opens_objects(name, schema, monkeypatch):
    monkeypatch.setattr(reading, "_check_form", lambda tree, nodes: iter(()))
    monkeypatch.setattr(reading, "_MEANING", ())
    found = read(f"def compute_dense_reward(self, action):\n    {BODIES[name]}\n", schema)
    assert not found.ok
    assert {finding.code for finding in found.findings} <= {"ForbiddenSyntax", "ForbiddenAttribute"}


@pytest.mark.parametrize(
    "text", ['"\\' * 9_999, "'\\" * 9_999, '"""\n' + '\\"""\n' * 3_990, "'''" + "\\" * 19_000]
)
def test_a_string_without_an_end_is_gone_through_once(text):
    assert len(size._INERT.findall(text)) == 1
    assert size.measure_text(text + "\n" + "(" * 99) is not None
