"""Everything that a reward program may name: the one table of prompt, checks and worker.

Allowed is what is listed, symbol by symbol: a module as a whole reaches the operating system by
public names. Functions that write into their arguments, open files, run text, wrap callables or
hold global state are left out, and so is every `out` argument, by name and by position.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache

from rewardlab.program.rotations import QUATERNIONS, ROTATION, TRANSFORMS3D
from rewardlab.program.signature import (
    Symbol,
    alike,
    constants,
    functions,
    parse_calls,
    types,
    words,
)

BUILTINS = words(
    "abs all any bool dict divmod enumerate filter float frozenset int isinstance len list map "
    "max min pow print range reversed round set slice sorted str sum tuple zip ArithmeticError "
    "AssertionError AttributeError Exception FloatingPointError IndexError KeyError "
    "LookupError NotImplementedError OverflowError RuntimeError TypeError ValueError "
    "ZeroDivisionError"
)
"""Builtins that a program may load; `print` is a stub, exceptions may be raised and caught."""

DTYPES = words(
    "float int bool float16 float32 float64 double single int8 int16 int32 int64 intp uint8 bool_"
)
"""Names that may follow `dtype`, as builtins, strings or `np.` names."""

_UNARY = (
    "abs absolute arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh deg2rad degrees "
    "exp exp2 expm1 fabs floor isfinite isinf isnan log log10 log1p log2 logical_not negative "
    "positive rad2deg radians reciprocal rint sign signbit sin sinh sqrt square tan tanh trunc"
)
_BINARY = (
    "add arctan2 copysign divide equal float_power floor_divide fmax fmin fmod greater "
    "greater_equal heaviside hypot less less_equal logaddexp logaddexp2 logical_and logical_or "
    "logical_xor maximum minimum mod multiply not_equal power remainder subtract true_divide"
)
_REDUCE = "a, axis; keepdims"
_SUM = "a, axis, dtype; keepdims"
_NUMPY = """
allclose(a, b, rtol, atol, equal_nan) append(arr, values, axis) arange(start, stop, step, dtype)
argsort(a, axis) argwhere(a) around(a, decimals) array(object, dtype; ndmin, copy)
array_equal(a1, a2) array_split(ary, indices_or_sections, axis) asarray(a, dtype)
ascontiguousarray(a, dtype) atleast_1d(*) atleast_2d(*) atleast_3d(*)
bincount(x, weights, minlength) block(arrays) delete(arr, obj, axis)
geomspace(start, stop, num) gradient(f; axis) histogram(a, bins, range)
insert(arr, obj, values, axis) logspace(start, stop, num) nanargmax(a, axis; keepdims)
nanargmin(a, axis; keepdims) nanpercentile(a, q, axis; keepdims) nanvar(a, axis; keepdims)
pad(array, pad_width; constant_values)
average(a, axis, weights; keepdims) broadcast_to(array, shape)
clip(a, a_min, a_max; min, max) column_stack(tup)
concatenate(arrays, axis) convolve(a, v, mode) copy(a) corrcoef(x) cov(m)
count_nonzero(a, axis; keepdims) cross(a, b, axisa, axisb, axisc, axis)
cumprod(a, axis, dtype) cumsum(a, axis, dtype) diag(v, k) diagonal(a, offset, axis1, axis2)
diff(a, n, axis) digitize(x, bins, right) dot(a, b) dstack(tup) einsum(*)
expand_dims(a, axis) eye(N, M, k, dtype) finfo(dtype) fix(x) flatnonzero(a) flip(m, axis)
fliplr(m) flipud(m) full(shape, fill_value, dtype) full_like(a, fill_value, dtype)
hstack(tup) identity(n, dtype) inner(a, b) interp(x, xp, fp, left, right, period)
isclose(a, b, rtol, atol, equal_nan) isin(element, test_elements) isscalar(element)
kron(a, b) linspace(start, stop, num, endpoint) matmul(a, b) median(a, axis; keepdims)
meshgrid(*; indexing) moveaxis(a, source, destination) nan_to_num(x; nan, posinf, neginf)
nanmean(a, axis; keepdims) nanmedian(a, axis; keepdims) nanstd(a, axis; keepdims)
ndim(a) nonzero(a) ones(shape, dtype) ones_like(a, dtype)
outer(a, b) percentile(a, q, axis; keepdims, method) polyval(p, x)
quantile(a, q, axis; keepdims, method)
ravel(a) repeat(a, repeats, axis) reshape(a, shape) roll(a, shift, axis) rot90(m, k, axes)
round(a, decimals) searchsorted(a, v, side) select(condlist, choicelist, default) shape(a)
sinc(x) size(a, axis) sort(a, axis) split(ary, indices_or_sections, axis) squeeze(a, axis)
stack(arrays, axis) std(a, axis, dtype; ddof, keepdims) swapaxes(a, axis1, axis2)
take(a, indices, axis) tensordot(a, b, axes) tile(A, reps) trace(a, offset, axis1, axis2)
transpose(a, axes) tril(m, k) triu(m, k) unique(ar) unwrap(p, discont, axis)
var(a, axis, dtype; ddof, keepdims) vdot(a, b) vstack(tup) where(condition, x, y)
zeros(shape, dtype) zeros_like(a, dtype)
"""
_LINALG = """
cond(x, p) det(a) eigh(a) eigvalsh(a) inv(a) lstsq(a, b, rcond) matrix_power(a, n) matrix_rank(A)
norm(x, ord, axis, keepdims) pinv(a) qr(a) slogdet(a) solve(a, b) svd(a, full_matrices, compute_uv)
"""
_MATH = """
atan2(y, x) cbrt(x) copysign(x, y) dist(p, q) fmod(x, y) fsum(seq) gcd(*) hypot(*)
isclose(a, b; rel_tol, abs_tol) ldexp(x, i) log(x, base) pow(x, y) prod(iterable; start)
remainder(x, y)
"""
_MATH_UNARY = (
    "acos acosh asin asinh atan atanh ceil cos cosh degrees erf erfc exp exp2 expm1 fabs floor "
    "frexp gamma isfinite isinf isnan isqrt lgamma log10 log1p log2 modf radians sin sinh sqrt "
    "tan tanh trunc"
)
_TYPING = "Any Callable Dict Final Iterable List Literal Mapping Optional Sequence Set Tuple Union"
_HELPERS = """
ObjectPose(p, q) Pose(p, q)
angle_between_vec(a, b) angle_distance(a, b) clip_and_normalize(x, lo, hi)
tolerance(x, bounds, margin, sigmoid, value_at_margin) transform_points(H, pts)
"""

HELPERS: Mapping[str, Symbol] = {**QUATERNIONS, **functions(_HELPERS)}
"""Our own functions, and the class of poses, known to every program without an import."""

MODULES: Mapping[str, Mapping[str, Symbol]] = {
    "numpy": {
        **alike(_UNARY, "x; dtype"),
        **alike(_BINARY, "x1, x2; dtype"),
        **alike("all any amax amin argmax argmin max min nanmax nanmin ptp", _REDUCE),
        **alike("mean prod sum nanprod nansum", _SUM),
        **functions(_NUMPY),
        **constants("e euler_gamma inf nan newaxis pi"),
        **types(
            "bool bool_ double float16 float32 float64 int16 int32 int64 int8 intp single uint8"
        ),
        **{name: Symbol("class") for name in ("floating", "integer", "ndarray", "number")},
    },
    "numpy.linalg": {**functions(_LINALG), "LinAlgError": Symbol("class")},
    "math": {
        **alike(_MATH_UNARY, "x"),
        **functions(_MATH),
        **constants("e inf nan pi tau"),
    },
    "typing": constants(_TYPING),
    "scipy": {},
    "scipy.special": {**alike("expit log_expit logit", "x"), **functions("softmax(x, axis)")},
    "scipy.spatial": {},
    "scipy.spatial.distance": {
        **functions("cdist(XA, XB, metric)"),
        **alike("chebyshev cityblock cosine euclidean sqeuclidean", "u, v"),
    },
    "scipy.spatial.transform": {
        "Rotation": Symbol("class"),
        **functions("Slerp(times, rotations)"),
    },
    "scipy.spatial.transform.Rotation": ROTATION,
    **TRANSFORMS3D,
}
"""Modules and classes by dotted name, with the symbols that a program may reach in them."""

CLASSES = frozenset({"scipy.spatial.transform.Rotation"})
"""Entries of `MODULES` that are classes: reached as attributes, never imported as modules."""

PRESEEDED: Mapping[str, str] = {
    "np": "numpy",
    "numpy": "numpy",
    "math": "math",
    "distance": "scipy.spatial.distance",
    "sdist": "scipy.spatial.distance",
    "cdist": "scipy.spatial.distance.cdist",
    "Rotation": "scipy.spatial.transform.Rotation",
    **{name: f"helpers.{name}" for name in HELPERS},
}
"""Names that are there without an import, and what they stand for (`helpers.` is our own)."""

ATTRIBUTES = words("T eps ndim shape size")
"""Attributes of arrays that are values."""

POSE_ATTRIBUTES = words("p q")
"""Attributes of poses that are values."""

METHODS = parse_calls(
    """
    all(axis; keepdims) any(axis; keepdims) argmax(axis; keepdims) argmin(axis; keepdims)
    argsort(axis) astype(dtype; copy) clip(min, max) copy() cumprod(axis, dtype)
    cumsum(axis, dtype) diagonal(offset, axis1, axis2) dot(b) flatten() item(*)
    max(axis; keepdims) mean(axis, dtype; keepdims) min(axis; keepdims) nonzero()
    prod(axis, dtype; keepdims) ravel() repeat(repeats, axis) reshape(*) round(decimals)
    squeeze(axis) std(axis, dtype; ddof, keepdims) sum(axis, dtype; keepdims)
    swapaxes(axis1, axis2) take(indices, axis) tolist() trace(offset, axis1, axis2)
    transpose(*) var(axis, dtype; ddof, keepdims)
    get(key, default) items() keys() values() update(*, **) pop(key, default)
    setdefault(key, default) append(x) extend(x) insert(i, x) index(x) count(x)
    sort(; key, reverse) reverse() remove(x) clear() add(x) discard(x) union(*) intersection(*)
    join(x) lower() upper() strip(x) startswith(x) endswith(x) split(x) replace(a, b)
    is_integer()
    apply(vectors, inverse) approx_equal(other, atol, degrees) as_euler(seq, degrees)
    as_matrix() as_quat(; canonical, scalar_first) as_rotvec(degrees) inv() magnitude()
    to_transformation_matrix()
    """
)
"""Methods of arrays, dictionaries, lists, sets, strings, numbers, `Rotation` and poses."""

MUTATORS = words("add append clear discard extend insert pop remove reverse setdefault sort update")
"""Methods that change the object they are called on."""

ARRAY_METHODS = words(
    "all any argmax argmin argsort astype clip copy cumprod cumsum diagonal dot flatten "
    "item max mean min nonzero prod ravel repeat reshape round squeeze std sum swapaxes "
    "take tolist trace transpose var"
)
"""Those of `METHODS` that an array has."""

REASONS: Mapping[str, str] = {
    **dict.fromkeys(words("open load save savetxt loadtxt genfromtxt fromfile memmap"), "files"),
    **dict.fromkeys(words("eval exec compile vectorize frompyfunc fromfunction"), "runs code"),
    **dict.fromkeys(words("random default_rng seed"), "rewards are deterministic"),
    **dict.fromkeys(words("factorial comb perm"), "its cost has no bound"),
    **dict.fromkeys(words("put copyto fill place putmask resize"), "writes in place"),
    **dict.fromkeys(words("getattr setattr vars dir type object globals locals"), "introspection"),
    **dict.fromkeys(words("empty empty_like"), "its values are arbitrary"),
    **dict.fromkeys(words("iter next"), "iterators keep state; index a list instead"),
    "input": "there is nobody to ask",
}
"""Why some well-known names are not there."""


def is_module(path: str) -> bool:
    """Return whether a dotted name is a module or a class whose attributes are listed."""
    return path in MODULES


def lookup(path: str) -> Symbol | None:
    """Return the symbol of a dotted name such as `"numpy.linalg.norm"`, if it is listed."""
    module, _, name = path.rpartition(".")
    table = HELPERS if module == "helpers" else MODULES.get(module, {})
    return table.get(name)


@cache
def members(module: str) -> tuple[str, ...]:
    """Return what a program may reach in a module: symbols and sub-modules, sorted."""
    below = {m.removeprefix(f"{module}.") for m in MODULES if m.startswith(f"{module}.")}
    return tuple(sorted({*MODULES[module], *(b for b in below if "." not in b)}))


def import_name(module: str) -> str:
    """Return the global under which imports find a module: `numpy.linalg` → `_numpy_linalg`.

    Programs cannot name it, as it begins with an underscore; the worker puts there a namespace of
    the module's `members` and nothing else.
    """
    return "_" + module.replace(".", "_")


def vocabulary_hash() -> str:
    """Return the SHA-256 of the table, recorded with every run."""
    tables = {**MODULES, "helpers": HELPERS}
    symbols = {m: {n: asdict(s) for n, s in table.items()} for m, table in tables.items()}
    methods = {n: asdict(signature) for n, signature in METHODS.items()}
    names = [BUILTINS, ATTRIBUTES, POSE_ATTRIBUTES, MUTATORS, dict(PRESEEDED)]
    text = json.dumps([symbols, methods, *names], sort_keys=True, default=sorted)
    return hashlib.sha256(text.encode()).hexdigest()
