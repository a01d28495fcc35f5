"""Whole reward programs: imports, constants, helpers, the function, and changes to all of it."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable
from random import Random
from textwrap import indent

from rewardlab.program.schema import Schema
from tests.fuzz import hostile
from tests.fuzz.writer import IMPORTS, KINDS, Writer

_CAUGHT = ("ValueError", "TypeError", "(ValueError, IndexError)", "ArithmeticError", "Exception")
_HEADS = (
    *("self, action",) * 12,
    *("self, action, obs=None", "self, action, *args, **kwargs", "self, action, *, scale=2.0"),
    *("self, action: np.ndarray", "self, /, action", "self, action, obs", "env, act"),
)


def write(rng: Random, schema: Schema) -> str:
    """Return a program; half of them hold nothing that must not pass."""
    evil = rng.choice([0, 0, 0, 0.05, 0.2, 0.6])
    writer = Writer(rng, schema, wild=rng.choice([0, 0, 0.1, 0.5]), evil=evil)
    source = _program(writer)
    for _ in range(rng.choice([0, 0, 0, 1, 2]) if evil else 0):
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            source = change(source, rng, writer)
    return hostile.respell(source, rng) if evil and rng.random() < evil / 6 else source


def change(source: str, rng: Random, writer: Writer) -> str:
    """Change one node of a program: another name, attribute, expression, target or keyword."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    rng.shuffle(nodes)
    kind = rng.choice([ast.Name, ast.Attribute, ast.expr, ast.Call, ast.Assign, ast.stmt])
    found = next((node for node in nodes if isinstance(node, kind)), None)
    if isinstance(found, ast.Name):
        found.id = rng.choice([*hostile.BUILTINS, *hostile.DUNDERS, "np", "self", "action"])
    elif isinstance(found, ast.Attribute):
        found.attr = rng.choice([*hostile.ATTRIBUTES, *hostile.DUNDERS])
    elif isinstance(found, ast.Call):
        found.keywords.append(ast.keyword(rng.choice(hostile.KEYWORDS), _expression(writer)))
    elif isinstance(found, ast.Assign):
        found.targets.append(rng.choice([_expression(writer), *found.targets]))
    elif found is not None:
        _exchange(tree, found, rng, writer)
    return ast.unparse(tree)


def _exchange(tree: ast.AST, old: ast.AST, rng: Random, writer: Writer) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old and isinstance(old, ast.expr):
                setattr(parent, name, _expression(writer))
            elif isinstance(value, list) and old in value and isinstance(old, ast.stmt):
                text = writer.fill(rng.choice(hostile.STATEMENTS), 2)
                value[value.index(old) : value.index(old) + 1] = ast.parse(text).body


def _expression(writer: Writer) -> ast.expr:
    return ast.parse(writer.expr("any", 2), mode="eval").body


def _program(w: Writer) -> str:
    parts = [w.rng.choice(IMPORTS) for _ in range(w.rng.choice([0, 1, 1, 2]))]
    parts += [_constant(w) for _ in range(w.rng.choice([0, 0, 1, 2]))]
    if w.evil and w.chance(w.evil / 3):
        parts.append(w.fill(w.rng.choice(hostile.TOP), 2))
    parts += [_helper(w) for _ in range(w.rng.choice([0, 0, 1, 2]))]
    head = w.rng.choice(_HEADS)
    body = _body(w, "self", head.startswith("self"))
    function = f"def compute_dense_reward({head}):\n{indent(body, '    ')}"
    if w.chance(0.03):
        function = f"class Reward:\n{indent(function, '    ')}"
    return "\n".join([*parts, function]) + "\n"


def _constant(w: Writer) -> str:
    name, w.scene = f"C{len(w.names)}", ""
    kind = w.rng.choice(["num", "vec", "dict", "list", "str", "num"])
    text = f"{name} = {w.expr(kind, 1 if w.evil else 0)}"
    w.names.setdefault(kind, []).append(name)
    return text


def _helper(w: Writer) -> str:
    outer, name = _copy(w), w.fresh()
    w.names.setdefault("num", []).append("x")
    kind = w.rng.choice(["x, y=0.5", "x, scale=2.0, *, low=0.0", "x, *rest", "x"])
    w.scene = ""
    body = "\n".join([*_statements(w, w.rng.randint(0, 2), 1), f"return {w.expr('num', 3)}"])
    w.names = outer
    w.names.setdefault("function", []).append(name)
    return f"def {name}({kind}):\n{indent(body, '    ')}"


def _body(w: Writer, scene: str, has_self: bool) -> str:
    w.scene = scene if has_self else ""
    start = ["w0 = 0.0"]
    lines = [*start, *_statements(w, w.rng.randint(1, 7), 2)]
    value = w.expr("num", 3)
    total = w.rng.choice([value, value, f"float({value})", f"{value}, {w.expr('dict', 2)}"])
    return "\n".join([*lines, f"return {total}"])


def _copy(w: Writer) -> dict[str, list[str]]:
    return {kind: list(names) for kind, names in w.names.items()}


def _statements(w: Writer, n: int, depth: int) -> list[str]:
    return [_statement(w, depth) for _ in range(n)]


def _statement(w: Writer, depth: int) -> str:
    if w.evil and w.chance(w.evil / 4):
        return w.fill(w.rng.choice(hostile.STATEMENTS), 2)
    if depth <= 0 or w.chance(0.5):
        return _assign(w)
    makers: list[Callable[[Writer, int], str]] = [_if, _for, _while, _try, _match, _def, _small]
    return w.rng.choice([*makers, _small])(w, depth)


def _assign(w: Writer) -> str:
    kind, name = w.rng.choice(KINDS), w.fresh()
    form = w.rng.choice(["{} = {}", "{} = {}", "{}: float = {}", "{} = e0 = {}"])
    text = form.format(name, w.expr(kind, 3))
    w.names.setdefault(kind, []).append(name)
    return text


def _block(w: Writer, depth: int) -> str:
    outer = _copy(w)
    lines = _statements(w, w.rng.randint(1, 2), depth - 1)
    w.names = outer
    return indent("\n".join(lines), "    ")


def _if(w: Writer, depth: int) -> str:
    text = f"if {w.expr('bool', 2)}:\n{_block(w, depth)}"
    if w.chance(0.5):
        text += f"\nelif {w.expr('bool', 2)}:\n{_block(w, depth)}\nelse:\n{_block(w, depth)}"
    return text


def _for(w: Writer, depth: int) -> str:
    name = w.fresh()
    over = w.rng.choice(["range(3)", "enumerate(<list>)", "<vec>", "zip(<list>, <list>)", "<dict>"])
    target = f"{name}, {w.fresh()}" if over[:3] in ("enu", "zip") else name
    inner = _block(w, depth)
    end = w.rng.choice(["", "", "\n    continue", "\nelse:\n    pass"])
    return f"for {target} in {w.fill(over, 1)}:\n{inner}{end}"


def _while(w: Writer, depth: int) -> str:
    name = w.fresh()
    return f"{name} = 0\nwhile {name} < 3:\n    {name} += 1\n{_block(w, depth)}"


def _try(w: Writer, depth: int) -> str:
    caught, name = w.rng.choice(_CAUGHT), w.rng.choice(["", "", f" as {w.fresh()}"])
    end = w.rng.choice(["", "", f"\nfinally:\n{_block(w, depth)}"])
    return f"try:\n{_block(w, depth)}\nexcept {caught}{name}:\n{_block(w, depth)}{end}"


def _match(w: Writer, depth: int) -> str:
    cases = w.rng.sample(["0", "1 | 2", "None", "-1.5", "'a'", "True"], 2)
    arms = [f"    case {c}:\n{indent(_block(w, depth), '    ')}" for c in [*cases, "_"]]
    return "\n".join([f"match {w.expr('any', 1)}:", *arms])


def _def(w: Writer, depth: int) -> str:
    name, outer = w.fresh(), _copy(w)
    w.names.setdefault("num", []).append("x")
    form = w.rng.choice(
        [
            "def {0}(x, y=1.0):\n{1}\n    return {2}",
            "{0} = lambda x, s=1.0: {2}",
            "def {0}(x):\n{1}",
        ]
    )
    text = form.format(name, _block(w, depth), w.expr("num", 2))
    w.names = outer
    call = w.fill(f"{w.fresh()} = {name}(<num>)", 1)
    return f"{text}\n{call}"


def _small(w: Writer, depth: int) -> str:
    name = w.fresh()
    forms = [
        *(
            "pass",
            "print(<any>)",
            "assert <bool> or True",
            "<any>",
            "'text'",
            f"{name}, *e1 = <vec>",
        ),
        *(f"{name} = <vec>\n{name}[<index>] = <num>", f"{name} = <num>\n{name} += <num>"),
        *(f"{name} = []\n{name}.append(<num>)", f"{name} = <dict>\n{name}['z'] = <num>"),
        *(f"{name} = <entity>", "import math", "if <bool>:\n    raise ValueError(<str>)"),
        *("w0 -= <num>", f"{name}, e2 = <num>, <vec>", f"for {name} in []:\n    break"),
        *(f"{name} = <dict>\n{name}.update(<dict>)", f"{name} = hasattr(self, 'obj1')"),
    ]
    return w.fill(w.rng.choice(forms), depth)
