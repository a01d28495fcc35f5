"""What docs/moe.md shows works as it stands, and its table of gates is that of the code."""

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest
import torch
from stable_baselines3 import PPO

from rewardlab.cli.parsing import parse
from rewardlab.policies.gates.make import GATES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "moe.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_its_code_runs(capsys):
    torch.set_num_threads(1)
    small = {"n_steps": 16, "batch_size": 16, "n_epochs": 1}
    names = {name: PPO("MlpPolicy", "CartPole-v1") for name in ("expert_a", "expert_b")}
    for block in blocks("python"):
        block = block.replace("10_000", "16").replace('"CartPole-v1"', f'"CartPole-v1", **{small}')
        exec(compile(block, "moe.md", "exec"), names)
    assert "tensor" in capsys.readouterr().out


def test_its_table_names_every_gate():
    assert set(re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", PAGE, re.MULTILINE)) >= set(GATES)


@pytest.mark.parametrize(
    "line", [line for block in blocks("sh") for line in block.splitlines() if line.strip()]
)
def test_its_commands_are_understood(line):
    _, verb, *args = shlex.split(line)
    module = import_module(f"rewardlab.cli.{verb}")
    parse(module.Flags, verb=verb, description=module.__doc__ or "", args=args)
