import errno
import warnings

import pytest

from rewardlab.cli.failures import guarded
from rewardlab.errors import Caution, CoderError, ProgramRefused, RewardFault, UnknownName


def failing(error):
    def work():
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (CoderError("the server answered 401"), 2, "the server answered 401"),
        (ProgramRefused("2 errors"), 1, "2 errors"),
        (RewardFault("NaN at row 3"), 1, "NaN at row 3"),
        (UnknownName("task", "x/reech", ["x/reach"]), 2, "did you mean x/reach?"),
        (OSError(errno.ENOSPC, "No space left on device", "/r/a"), 2, "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/r/a"), 2, "/r/a: Permission denied"),
        (KeyboardInterrupt(), 1, "interrupted"),
        (CoderError("two\nlines"), 2, "two lines"),
        (KeyError("bug"), 1, "REWARDLAB_DEBUG=1"),
    ],
)
def test_a_failure_is_one_line_and_an_exit_code(capsys, error, code, line):
    assert guarded(failing(error)) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("rewardlab: error: ")
    assert said.err.count("\n") == 1
    assert line in said.err


def test_debugging_shows_the_traceback(monkeypatch):
    monkeypatch.setenv("REWARDLAB_DEBUG", "1")
    with pytest.raises(KeyError):
        guarded(failing(KeyError("bug")))


def test_a_caution_is_one_line_without_a_place_in_our_code(capsys):
    def work():
        own = warnings.formatwarning("values may\ndiverge", Caution, "/somewhere/checked.py", 7)
        other = warnings.formatwarning("old", UserWarning, "/somewhere/else.py", 7)
        print(own, other, sep="")
        return 0

    before = warnings.formatwarning
    assert guarded(work) == 0
    assert warnings.formatwarning is before
    own, other, *_ = capsys.readouterr().out.splitlines()
    assert own == "rewardlab: warning: values may diverge"
    assert other.startswith("/somewhere/else.py:7: UserWarning: old")
