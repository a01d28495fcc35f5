import json
from dataclasses import dataclass
from typing import Any

import pytest

from rewardlab.cli import main


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The last line of stderr, which must be the one-line error."""
        line = self.err.strip().splitlines()[-1]
        assert line.startswith("rewardlab: error: "), self.err
        return line.removeprefix("rewardlab: error: ")


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch):
    """Run a command line in an empty folder, in this process."""
    monkeypatch.chdir(tmp_path)

    def run(*args: object) -> Outcome:
        code = main([str(arg) for arg in args])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Outcome(code, captured.out, captured.err)

    return run
