"""Productions of expressions by kind: `<kind>` stands for any expression of that kind.

They are what an LLM writes and mean something, so that most of what is made of them passes the
static reading and runs. What must not pass is in `hostile`.
"""

from __future__ import annotations

from rewardlab.program import vocabulary
from rewardlab.program.signature import Signature, Symbol

LEAVES = {
    "num": ["1.0", "0.5", "-2", "3", "1e-3", "10", "math.pi", "np.e", "0", "1e9", "7 / 2"],
    "bool": ["True", "False", "1 < 2", "not None"],
    "vec": ["np.zeros(3)", "np.array([0.1, -0.2, 0.3])", "np.ones(3)", "np.linspace(0, 1, 3)"],
    "quat": ["np.array([1.0, 0.0, 0.0, 0.0])", "[0.5, 0.5, 0.5, 0.5]"],
    "mat": ["np.eye(3)", "np.identity(3)", "np.diag([1.0, 2.0, 3.0])"],
    "list": ["[1.0, 2.0]", "[0.5]", "list(range(3))", "(1.0, 2.0, 3.0)", "[]"],
    "dict": ['{"a": 1.0, "b": 2.0}', "{}", "dict(a=0.5)"],
    "str": ['"a"', '"reach"', "'b/c.d'", '""'],
    "rot": ["Rotation.identity()", 'Rotation.from_euler("z", 0.3)'],
    "pose": ["Pose()", "ObjectPose([0.1, -0.2, 0.3])", "Pose(q=[0.0, 1.0, 0.0, 0.0])"],
    "poses": ["[Pose()]", "[Pose([0.0, 0.0, 0.1]), ObjectPose()]"],
    "any": ["None", "...", "()", "[[1, 2], [3, 4]]", "{1, 2}", "np.inf", "np.newaxis"],
}

RULES = {
    "num": """
        (<num> + <num>) | (<num> - <num>) | (<num> * <num>) | (<num> / (abs(<num>) + 1e-3))
        (-<num>) | (<num> ** 2) | (<num> % 1.7) | (<num> // 0.5) | abs(<num>) | round(<num>, 3)
        min(<num>, <num>) | max(<num>, 0.0, <num>) | (<num> if <bool> else <num>) | float(<bool>)
        float(np.linalg.norm(<vec>)) | float(np.sum(<vec>)) | <vec>[<index>] | np.tanh(<num>)
        math.tanh(<num>) | math.exp(-abs(<num>)) | math.sqrt(abs(<num>)) | math.atan2(<num>, 1.5)
        math.hypot(<num>, <num>) | np.minimum(<num>, <num>) | np.float64(<num>)
        np.exp(-<num> ** 2)
        sum(<list>) | len(<list>) | max(<list>, default=0.0) | <dict>.get("a", <num>)
        sum(v * <num> for v in <list>) | (lambda q, s=2.0: q * s)(<num>) | np.max(<vec>)
        (lambda v: v if v > 0 else -v)(<num>) | np.dot(<vec>, <vec>) | float(<vec> @ <vec>)
        tolerance(<num>, (0.0, 0.5), 0.3) | angle_between_vec(<vec>, <vec>) | <vec>.max()
        tolerance(<num>, bounds=(-1.0, 1.0), margin=1.0, sigmoid="linear", value_at_margin=0.0)
        angle_distance(<quat>, <quat>) | clip_and_normalize(<num>, 0.0, 1.0) | <rot>.magnitude()
        float(np.clip(<num>, -1.0, 1.0)) | np.interp(<num>, [0.0, 1.0], [0.0, 2.0])
        np.where(<bool>, <num>, <num>) | cdist([<vec>], [<vec>])[0, 0] | int(<bool>)
        distance.cityblock(<vec>, <vec>) | np.linalg.det(<mat>) | np.trace(<mat>) | len(<str>)
        np.mean(<vec>, axis=0) | <vec>.sum(axis=0, keepdims=False) | np.percentile(<vec>, 50.0)
        np.einsum("i,i->", <vec>, <vec>) | np.linalg.norm(<vec>, ord=1) | <mat>[0, <index>]
        (<bool> and <num> or <num>) | np.count_nonzero(<vec>) | np.ptp(<vec>) | <vec>.ndim
        divmod(<num>, 1.5)[1] | pow(abs(<num>), 0.5) | sorted([<num>, <num>])[-1] | np.sign(<num>)
        angle_distance(<pose>, <pose>) | len(<poses>) | float(np.sum(<asked>)) | <asked> * 1.0
        min(angle_distance(g, <pose>) for g in <poses>) | sum(g.p[0] for g in <poses>)
        (w0 := <num>) | float(np.asarray(<list>, dtype=float).sum()) | quat2axangle(<quat>)[1]
    """,
    "bool": """
        (<num> < <num>) | (<num> <= <num> < <num>) | (<num> > 0.1) | (<bool> and <bool>)
        (<bool> or <bool>) | (not <bool>) | any(v > 0 for v in <list>) | all([<bool>, <bool>])
        isinstance(<num>, (int, float)) | (<num> in <list>) | ("a" in <dict>) | bool(<num>)
        np.all(<vec> > -9) | np.allclose(<vec>, <vec>, atol=0.1) | math.isclose(<num>, <num>)
        (<any> is None) | (<str> == <str>) | np.isfinite(<num>) | (<vec> == <vec>).all()
        isinstance(<vec>, np.ndarray) | <str>.startswith("a") | (<num> != <num>)
        (<num>).is_integer() | bool(np.all(<asked>)) | isinstance(<pose>, Pose) | (<pose> == <pose>)
    """,
    "vec": """
        (<vec> + <vec>) | (<vec> - <vec>) | (<vec> * <num>)
        (<vec> / (np.linalg.norm(<vec>) + 1e-6))
        np.array([<num>, <num>, <num>]) | np.clip(<vec>, -1.0, 1.0)
        np.where(<vec> > 0, <vec>, 0.0)
        <vec>.copy() | np.cross(<vec>, <vec>) | <rot>.apply(<vec>) | <vec>[::-1] | (-<vec>)
        np.maximum(<vec>, 0.0) | (<mat> @ <vec>) | np.abs(<vec>) | np.sort(<vec>) | <mat>[<index>]
        np.stack([<vec>, <vec>]).mean(axis=0) | np.concatenate([<vec>[:2], [<num>]]) | <mat>.T[0]
        (<vec> if <bool> else <vec>) | <vec>.reshape(-1) | np.cumsum(<vec>) | <vec>.astype(float)
        np.asarray(<vec>, dtype=np.float64) | np.full(3, <num>) | np.tanh(<vec>) | <vec>.clip(-1, 1)
        np.array([v * 2 for v in <vec>]) | transform_points(np.eye(4), [<vec>])[0]
        np.roll(<vec>, 1) | <pose>.p | (<pose> * <pose>).p
    """,
    "quat": """
        qmult(<quat>, <quat>) | qinverse(<quat>) | mat2quat(quat2mat(<quat>)) | np.asarray(<quat>)
        Rotation.from_euler("xyz", <vec>).as_quat() | <pose>.q | <pose>.inv().q
    """,
    "mat": """
        np.outer(<vec>, <vec>) | (<mat> @ <mat>) | <mat>.T | (<mat> + <mat>) | quat2mat(<quat>)
        np.vstack([<vec>, <vec>, <vec>]) | <rot>.as_matrix() | np.linalg.pinv(np.eye(3))
        (<mat> * <num>) | <pose>.to_transformation_matrix()[:3, :3]
    """,
    "pose": """
        (<pose> * <pose>) | <pose>.inv() | Pose(<vec>, <quat>) | ObjectPose(p=<vec>) | <poses>[0]
        (<pose> if <bool> else <pose>) | <poses>[<index>] | min(<poses>, key=lambda g: g.p[0])
    """,
    "poses": """
        [g * <pose> for g in <poses>] | <poses>[:1] | list(<poses>) | [<pose>, <pose>]
        [g for i, g in enumerate(<poses>)] | sorted(<poses>, key=lambda g: g.p[2])
    """,
    "list": """
        [<num>, <num>] | [v * <num> for v in <list>] | sorted(<list>) | list(map(abs, <list>))
        [v for v in <list> if v > <num>] | list(reversed([<num>, <num>])) | <vec>.tolist()
        [*<list>, <num>] | (<list> if <bool> else <list>) | list(<dict>.values()) | <list>[:2]
        [a * b for a, b in zip(<list>, <list>)] | [i * v for i, v in enumerate(<list>)]
        list(filter(lambda v: v < 9, <list>)) | [v for pair in [<list>, <list>] for v in pair]
    """,
    "dict": """
        {"a": <num>, "b": <num>} | dict(a=<num>, reach=<num>) | {**<dict>, "c": <num>}
        {k: v * 0.5 for k, v in <dict>.items()} | {n: <num> for n in ("a", "b")}
        {str(i): v for i, v in enumerate(<list>)} | dict(zip(("a", "b"), <list>)) | dict(<dict>)
    """,
    "str": """
        f"{<num>:.3f}" | str(<num>) | f"{<num>!r}" | <str>.upper() | "/".join([<str>, <str>])
        (<str> if <bool> else <str>) | f"{<vec>}" | f"{<num>:>12.2e}|{<str>}"
        <str>.replace("a", "b")
    """,
    "rot": """
        Rotation.from_quat(<quat>) | Rotation.from_rotvec(<vec>) | (<rot> * <rot>) | <rot>.inv()
        Rotation.from_euler("xyz", <vec>) | Rotation.from_matrix(quat2mat(<quat>))
    """,
    "any": """
        <num> | <bool> | <vec> | <list> | <dict> | <str> | <mat> | <rot> | (<any>, <any>)
        <pose> | <poses> | <asked>
    """,
    "index": "0 | 1 | 2 | -1 | int(<bool>)",
    "wild": "<call> | <method> | <call> | <method> | <any>[<any>] | <operated>",
    "operated": """
        (<any> + <any>) | (<any> * <any>) | (<any> @ <any>) | (<any> ** <any>) | (<any> & <any>)
        (<any> % <any>) | (<any> < <any>) | (<any> | <any>) | (~<any>) | (<any>[<any>:<any>:<any>])
        isinstance(<any>, <type>) | (<any> in <any>) | [*<any>] | {**<any>} | f"{<any>!s:>9}"
        map(<symbol>, <any>) | sorted(<any>, key=<symbol>) | enumerate(<any>, <num>)
        zip(<any>, <any>)
    """,
    "type": """
        int | float | (int, float) | np.ndarray | np.floating | str | (list, tuple, dict) | bool
    """,
}


def productions(text: str) -> list[str]:
    """Split the productions of a rule: they stand on lines or between ` | `."""
    return [part.strip() for line in text.split("\n") for part in _split(line) if part.strip()]


def _split(line: str) -> list[str]:
    # `(<any> | <any>)` is one production: its bar stands inside parentheses.
    parts, depth, start = [], 0, 0
    for i, character in enumerate(line):
        depth += (character in "([{") - (character in ")]}")
        if not depth and line[i : i + 3] == " | ":
            parts.append(line[start:i])
            start = i + 3
    return [*parts, line[start:]]


PRODUCTIONS = {kind: productions(text) for kind, text in RULES.items()}

CALLABLE: list[tuple[str, Symbol]] = [
    (f"{module.replace('numpy', 'np')}.{name}", symbol)
    for module, symbols in vocabulary.MODULES.items()
    if module.partition(".")[0] in ("numpy", "math")
    for name, symbol in symbols.items()
    if symbol.kind in ("function", "type")
]
CALLABLE += [(name, symbol) for name, symbol in vocabulary.HELPERS.items()]
CALLABLE += [
    (f"{short}.{name}", symbol)
    for short, module in (
        ("distance", "scipy.spatial.distance"),
        ("Rotation", "scipy.spatial.transform.Rotation"),
    )
    for name, symbol in vocabulary.MODULES[module].items()
]
CALLABLE += [(name, Symbol("function", Signature(("x",)))) for name in sorted(vocabulary.BUILTINS)]
METHODS = sorted(vocabulary.METHODS.items())

ARGUMENTS = {
    "axis": ["0", "1", "-1", "None", "(0, 1)"],
    "dtype": [*sorted(f'"{d}"' for d in vocabulary.DTYPES), "float", "np.float32", "None"],
    "shape": ["3", "(2, 2)", "(0,)", "-1", "(1, 3)"],
    "keepdims": ["True", "False"],
    "seq": ['"xyz"', '"ZYX"', '"z"', "<str>"],
    "degrees": ["True", "False"],
    "ord": ["1", "2", "None", "np.inf", '"fro"'],
    "key": ["len", "abs", "lambda v: 0", '"a"', "<symbol>"],
    "mode": ['"full"', '"same"', '"valid"', "<str>"],
    "method": ['"linear"', '"nearest"', '"median_unbiased"', "<str>"],
    "metric": ['"euclidean"', '"cosine"', '"cityblock"', '"hamming"', "<str>"],
    "sigmoid": ['"gaussian"', '"long_tail"', "<str>"],
    "bounds": ["(0.0, 1.0)", "<any>"],
    "copy": ["True", "False", "None"],
}
"""What to pass to parameters of that name; to any other, numbers and arrays mostly."""
