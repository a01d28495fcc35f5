"""What is made outside of functions may be read and copied, never changed: by whatever name."""

import pytest

from rewardlab.program.reading import read

HEAD = "def compute_dense_reward(self, action"
CHANGED = {
    "another name": ("M = [0]", "):\n    m = M\n    m[0] += 1\n    return m[0]"),
    "a method": ("M = [0]", "):\n    m = M\n    m.append(1)\n    return len(m)"),
    "a helper": (
        "M = [0]\n\n\ndef f(x):\n    x.append(1)\n    return len(x)\n",
        "):\n    return f(M)",
    ),
    "a nested helper": (
        "M = [0]",
        "):\n    def f(x):\n        x[0] += 1\n    m = M\n    f(m)\n    return 1.0",
    ),
    "unpacked": ("M, N = [0], {}", "):\n    a, b = M, N\n    a.append(1)\n    return len(a)"),
    "unpacked from it": ("T = ([0], {})", "):\n    a, b = T\n    a.append(1)\n    return len(a)"),
    "a comprehension": ("M = [[0], [1]]", "):\n    x = [m.append(1) for m in M]\n    return 1.0"),
    "a loop over items": (
        "M = {'a': [0]}",
        "):\n    for k, v in M.items():\n        v.append(1)\n    return 1.0",
    ),
    "a loop over values": (
        "M = {'a': [0]}",
        "):\n    for v in M.values():\n        v[0] += 1\n    return 1.0",
    ),
    "a numbered loop over two": (
        "M = [[0], [1]]",
        "):\n    for i, (v, w) in enumerate(zip(M, M)):\n        v[0] += i\n    return 1.0",
    ),
    "a loop's target": (
        "M = [0]",
        "):\n    m = M\n    for m[0] in (1, 2):\n        pass\n    return 1.0",
    ),
    "a default": (
        "M = [0]\n\n\ndef f(m=M):\n    m.append(1)\n    return len(m)\n",
        "):\n    return f()",
    ),
    "a default of the entry": ("M = [0]", ", obs=None, m=M):\n    m.append(1)\n    return len(m)"),
    "a named default": ("M = [0]", ", *, m=M):\n    m.append(1)\n    return len(m)"),
    "a list in it": ("M = {'a': [0]}", "):\n    x = M['a']\n    x.append(1)\n    return 1.0"),
    "a list looked up": ("M = {'a': [0]}", "):\n    M.get('a').append(1)\n    return 1.0"),
    "a result": ("M = [0]\n\n\ndef f():\n    return M\n", "):\n    f().append(1)\n    return 1.0"),
    "a walrus": ("M = [0]", "):\n    (m := M).append(1)\n    return 1.0"),
    "either way": ("M = [0]", "):\n    m = M if self.time > 1 else M\n    m.pop()\n    return 1.0"),
    "an array": ("M = np.zeros(3) + 1", "):\n    m = M\n    m += 1\n    return m[0]"),
    "a part of an array": ("M = np.zeros(3)", "):\n    m = M[1:]\n    m[0] += 1\n    return m[0]"),
    "a dictionary": ("M = {}", "):\n    m = M\n    m |= {'x': 1}\n    return 1.0"),
    "what a call made": ("M = list((1,))", "):\n    m = M\n    m[0] = 2\n    return 1.0"),
    "a number": ("N = 0", "):\n    N += 1\n    return N"),
}
UNCHANGED = {
    "a copy": ("M = [0]", "):\n    m = M.copy()\n    m[0] += 1\n    return m[0]"),
    "a new list": ("M = [0]", "):\n    m = list(M)\n    m.append(1)\n    return len(m)"),
    "a part of a list": ("M = [0]", "):\n    m = M[:]\n    m.append(1)\n    return len(m)"),
    "a sorted one": ("M = [3, 1]", "):\n    m = sorted(M)\n    m.append(1)\n    return len(m)"),
    "rebound": ("M = [0]", "):\n    m = M\n    m = [*m]\n    m.append(1)\n    return len(m)"),
    "numbers in it": (
        "M = {'a': 1.0, 'b': 2.0}",
        "):\n    w = M['a']\n    w += 1\n    for k, v in M.items():\n        v *= 2\n    return w",
    ),
    "numbers of pairs": (
        "M = [[0, 1], [2, 3]]",
        "):\n    t = 0.0\n    for lo, hi in M:\n        lo += 1\n        t += lo\n    return t",
    ),
    "a number looked up": ("M = {'a': 1.0}", "):\n    w = M.get('a', 0)\n    w += 1\n    return w"),
    "a product": ("M = np.ones(2)", "):\n    m = M * 2\n    m += 1\n    return m[0]"),
    "an entry": ("M = np.ones(2)", "):\n    x = M[0]\n    x += 1\n    return x"),
    "a tuple": ("M = (1.0, 2.0)", "):\n    m = M\n    m += (1,)\n    return len(m)"),
    "shadowed": ("M = [0]", "):\n    M = [1]\n    M.append(1)\n    return len(M)"),
    "a base of terms": ("B = {'a': 0.0}", "):\n    t = {**B}\n    t['b'] = 1.0\n    return 1.0, t"),
    "terms from a base": (
        "B = {'a': 0.0}",
        "):\n    t = dict(B)\n    t['b'] = 1.0\n    return 1.0, t",
    ),
    "a function of a module": (
        "import numpy as np",
        "):\n    return float(np.sort(np.append(action, 1.0))[0])",
    ),
}


@pytest.mark.parametrize(("above", "body"), CHANGED.values(), ids=CHANGED)
def test_changing_it_is_found_in_the_text(schema, above, body):
    reading = read(f"{above}\n\n\n{HEAD}{body}", schema)
    assert [f.code for f in reading.findings] == ["StatefulReward"]
    assert "it would be remembered" in reading.findings[0].message
    assert "self.previous" in reading.findings[0].hint


@pytest.mark.parametrize(("above", "body"), UNCHANGED.values(), ids=UNCHANGED)
def test_reading_and_copying_it_passes_without_a_word(schema, above, body):
    assert read(f"{above}\n\n\n{HEAD}{body}", schema).findings == ()
