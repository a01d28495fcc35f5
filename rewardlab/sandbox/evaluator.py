"""Running a loaded program on rows: only ever inside a jailed worker."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rewardlab.program.terms import MAX_TERMS, TERM_NAME
from rewardlab.sandbox.facade import Facade
from rewardlab.sandbox.frames import CODES, COERCED, DROPPED, PRINTED
from rewardlab.sandbox.pose import ReadOnly, UnknownMember

FILE = "<reward>"
"""Name under which programs are compiled: frames of other files are ours."""

PRINT_LIMIT = 1 << 16
"""Characters that a program may print in one call: counted and dropped, for what a program has to
say it says with named terms."""

_EXACT = (float, int, np.float64, np.float32, np.int64, np.int32)
_LOOSE = (bool, np.bool_, np.float16, np.int16, np.int8, np.uint8, np.uint16, np.uint32, np.uint64)
_FLOAT64 = np.float64
_MOST = float(np.finfo(np.float32).max)
"""The largest reward that learners can take: they count in single precision."""

STATUS = {code: status for status, code in enumerate(CODES)}


class Problem(Exception):
    """A row that has no reward, with its code (`frames.CODES`)."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Outcome(NamedTuple):
    """A row's result: status, reward, bits of the terms that came, their values."""

    status: int
    reward: float
    present: int
    terms: list[float]


class Evaluator:
    """A program, the scene that it reads and the terms that it has named so far.

    Args:
        function: What the program defines.
        scene: What it reads.
        takes_obs: Whether it takes the raw observation as third argument.
        terms: Names of terms known from before.
        output: Counts what is printed.

    Attributes:
        index: Column of each term so far, by name.
        error: Message about the first bad row since `begin`.
        line: Its line in the program, 0 if unknown.
        flags: What happened since `begin`, see `frames`.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        scene: Facade,
        *,
        takes_obs: bool,
        terms: list[str],
        output: Output,
    ) -> None:
        self._function, self._scene, self._output = function, scene, output
        self._obs = scene.obs if takes_obs else None
        self.index = {name: i for i, name in enumerate(terms)}
        self.begin()

    def begin(self) -> None:
        """Start a request."""
        self.error, self.line, self.flags = "", 0, 0
        self._output.count = 0

    def evaluate(self, row: npt.NDArray[np.float64]) -> Outcome:
        """Run the program on one row; never raises for what the program does."""
        try:
            self._scene.buffer[:] = row
            value = self._call()
            return self._outcome(value)
        except BaseException as error:
            self._record(error)
            return Outcome(STATUS[code_of(error)], 0.0, 0, [])

    def _call(self) -> Any:
        if self._obs is None:
            return self._function(self._scene.scene, self._scene.action())
        return self._function(self._scene.scene, self._scene.action(), self._obs())

    def _outcome(self, value: Any) -> Outcome:
        if self._output.count:
            self.flags |= PRINTED
        if type(value) is not tuple:
            return Outcome(0, self._reward(value), 0, [])
        if len(value) != 2 or type(value[1]) is not dict:
            raise Problem("NotScalarReward", f"the reward is {kind(value)}")
        reward = self._reward(value[0])
        index, present = self.index, 0
        terms = [0.0] * len(index)
        for name, term in value[1].items():
            i = index.get(name)
            if i is None:
                i = self._column(name)
            if i is None:
                continue
            if i == len(terms):
                terms.append(0.0)
            terms[i] = self._number(term, name)
            present |= 1 << i
        return Outcome(0, reward, present, terms)

    def _column(self, name: Any) -> int | None:
        """Give a new term a column, if one is left."""
        if type(name) is not str or not TERM_NAME.fullmatch(name):
            raise Problem("InvalidRewardInfo", "names of terms are A-Z a-z 0-9 _ . / -, up to 64")
        if len(self.index) == MAX_TERMS:
            self.flags |= DROPPED
            return None
        return self.index.setdefault(name, len(self.index))

    def _reward(self, value: Any) -> float:
        reward = self._number(value, "the reward")
        if not -_MOST <= reward <= _MOST:
            raise Problem("NonFiniteReward", f"the reward is {reward:.3g}: infinite for a learner")
        return reward

    def _number(self, value: Any, what: str) -> float:
        cls = type(value)
        plain = cls is float or cls is _FLOAT64
        number = float(value) if plain else self._coerce(value, what)
        # Only infinities and NaN differ from 0 when taken from themselves.
        if number - number != 0.0:
            raise Problem("NonFiniteReward", f"{what} is {number}")
        return number

    def _coerce(self, value: Any, what: str) -> float:
        cls = type(value)
        if cls is np.ndarray and value.size == 1 and value.dtype.kind in "fiub":
            if value.ndim:
                self.flags |= COERCED
            value = value.item()
            cls = type(value)
        if cls in _LOOSE:
            self.flags |= COERCED
        elif cls not in _EXACT:
            code = "NotScalarReward" if what == "the reward" else "InvalidRewardInfo"
            raise Problem(code, f"{what} is {kind(value)}")
        try:
            return float(value)
        except OverflowError:
            return float("inf")

    def _record(self, error: BaseException) -> None:
        if not self.error:
            self.error, self.line = describe(error), line_of(error)


class Output:
    """Stands for `print` in programs: formats, counts, shows nothing."""

    def __init__(self) -> None:
        self.count = 0

    def print(self, *values: Any, sep: str = " ", end: str = "\n", **_: Any) -> None:
        """Count what would be printed."""
        self.count += len(str(sep).join(map(str, values))) + len(str(end))
        if self.count > PRINT_LIMIT:
            raise Problem("OutputLimit", f"printed more than {PRINT_LIMIT} characters in a call")


def code_of(error: BaseException) -> str:
    """Return the code of an exception that a program raised."""
    if isinstance(error, Problem):
        return error.code
    if isinstance(error, UnknownMember):
        return "UnknownAttribute"
    if isinstance(error, MemoryError):
        return "RewardMemoryExceeded"
    if isinstance(error, ReadOnly):
        return "StateMutation"
    return "RewardRuntimeError"


def describe(error: BaseException) -> str:
    """Return what an exception says, without running more of the program than its `str`."""
    if isinstance(error, Problem | UnknownMember | ReadOnly):
        return str(error)
    if isinstance(error, MemoryError):
        return "out of memory"
    try:
        text = str(error)
    except BaseException:
        text = "(its message cannot be shown)"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def line_of(error: BaseException) -> int:
    """Return the innermost line of the program in an exception's traceback, 0 if there is none."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            line = trace.tb_lineno or line
        trace = trace.tb_next
    return line


def kind(value: Any) -> str:
    """Say what a value is, for messages."""
    if type(value) is np.ndarray:
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    if type(value) is tuple:
        return f"a tuple of {len(value)}"
    return "None" if value is None else f"a {type(value).__name__}"


def depth() -> int:
    """Return how many frames stand on the stack."""
    count, frame = 0, sys._getframe()
    while frame.f_back is not None:
        count, frame = count + 1, frame.f_back
    return count
