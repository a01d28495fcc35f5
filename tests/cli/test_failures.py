import errno

import pytest

from rewardlab.cli.failures import guarded
from rewardlab.errors import CoderError, ProgramRefused, RewardFault, UnknownName


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
