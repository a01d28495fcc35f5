"""What a mixture of experts costs beside a dense network with as many active multiply-adds.

Layers: a mixture 256 -> 128 -> 256 with the two best of E experts against a dense 256-256-256
network, and against the same mixture as a list of modules, once looping over experts with their
own tokens and once running all of them and stacking. Trainings: SB3's PPO and SAC with
`MoePolicy` (8 experts, 2 of them active, as wide as the dense layer they replace) against
`MlpPolicy`, both with Adam as SB3 has it and with PyTorch's fused one, which is `MoePolicy`'s own.

One thread; variants take turns, and a ratio is the median over rounds of that round's quotients.
Times are processor time on a CPU, and time until the device is done on a GPU, where CUDA graphs
and `torch.compile` are tried as well, each against the dense network treated the same way. Rows go
to `results/moe/speed.jsonl`, and the page says what all of them say.

    OMP_NUM_THREADS=1 python benchmarks/moe.py                  # layers and trainings on the CPU
    OMP_NUM_THREADS=1 python benchmarks/moe.py --device cuda    # layers on a GPU
    python benchmarks/moe.py --parts                            # writes the page alone
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from moe_trainings import summary, trainings
from torch import Tensor, nn

from rewardlab.policies import MoELayer
from rewardlab.policies.dispatch import DISPATCHES

ROWS = Path(__file__).resolve().parents[1] / "results" / "moe" / "speed.jsonl"
WIDTH, HIDDEN, TOP_K = 256, 128, 2
SIZES = {"cpu": [1, 32, 256], "cuda": [1, 256, 4096]}
MUST = {(4, 256): 2.5, (8, 256): 3.0, (16, 256): 3.5, (8, 1): 4.0}
AIM = {(4, 256): 2.0, (8, 256): 2.4, (16, 256): 2.8, (8, 1): 3.5}

Run = Callable[[], object]


class ModuleLoop(nn.Module):
    """The usual mixture: a list of modules, each called with its own tokens."""

    def __init__(self, n_experts: int) -> None:
        super().__init__()
        self.router = nn.Linear(WIDTH, n_experts, bias=False)
        self.experts = nn.ModuleList(dense(HIDDEN) for _ in range(n_experts))

    def forward(self, x: Tensor) -> Tensor:
        """Return the mixture, expert after expert."""
        values, indices = self.router(x).topk(TOP_K, dim=-1)
        weights, y = values.softmax(dim=-1), torch.zeros_like(x)
        for e, expert in enumerate(self.experts):
            token, rank = torch.where(indices == e)
            y.index_add_(0, token, weights[token, rank, None] * expert(x[token]))
        return y


class ModuleStack(ModuleLoop):
    """The same, calling each module with all tokens."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the mixture of all of them."""
        logits = self.router(x)
        values, indices = logits.topk(TOP_K, dim=-1)
        weights = torch.zeros_like(logits).scatter(-1, indices, values.softmax(dim=-1))
        return (weights[..., None] * torch.stack([f(x) for f in self.experts], dim=1)).sum(dim=1)


def dense(hidden: int = WIDTH) -> nn.Sequential:
    return nn.Sequential(nn.Linear(WIDTH, hidden), nn.ReLU(), nn.Linear(hidden, WIDTH))


def modules(n_experts: int, batch: int, device: str) -> dict[str, nn.Module]:
    """Return what is compared, the dense network first."""
    ways = [way for way in DISPATCHES if way != "gather" or batch <= 2]
    shape: dict[str, Any] = {"n_experts": n_experts, "expert_hidden": HIDDEN, "top_k": TOP_K}
    made = {way: MoELayer(WIDTH, WIDTH, dispatch=way, **shape) for way in ways}
    lists = {"module loop": ModuleLoop(n_experts), "module stack": ModuleStack(n_experts)}
    return {name: m.to(device) for name, m in {"dense": dense(), **made, **lists}.items()}


def step(module: nn.Module, x: Tensor, ones: Tensor) -> None:
    """Go forward and backward, to the input as well."""
    for leaf in (x, *module.parameters()):
        leaf.grad = None
    module(x).backward(ones)


@torch.no_grad()
def act(module: nn.Module, x: Tensor) -> Tensor:
    result: Tensor = module(x)
    return result


def run_of(module: nn.Module, batch: int, device: str) -> Run:
    """Return a forward pass of one token, or a training pass of several."""
    torch.manual_seed(1)
    x = torch.randn(batch, WIDTH, device=device)
    if batch == 1:
        return partial(act, module, x)
    return partial(step, module, x.requires_grad_(), torch.ones_like(x))


def in_graph(run: Run) -> Run:
    """Return the replay of a CUDA graph of it."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            run()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run()
    return graph.replay


def clock(device: str) -> float:
    if device == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def turns(runs: dict[str, Run], device: str, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Return the seconds per run of each variant in each round."""
    counts = {}
    for name, run in runs.items():
        for _ in range(3):
            run()
        start = clock(device)
        for _ in range(5):
            run()
        counts[name] = max(3, int(seconds * 5 / (clock(device) - start)))
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            start = clock(device)
            for _ in range(counts[name]):
                run()
            times[name].append((clock(device) - start) / counts[name])
    return times


def tried(name: str, make: Callable[[], Run]) -> Run | None:
    """Return a variant, or say why there is none: what waits for values fits into no graph."""
    try:
        run = make()
        run()
    except Exception as error:  # the reason is the result
        print(f"no {name}: {str(error).splitlines()[0][:120]}", flush=True)
        return None
    return run


def variants(n_experts: int, batch: int, device: str) -> dict[str, dict[str, Run]]:
    """Return the runs that are compared with each other, by how they are executed."""
    made = modules(n_experts, batch, device)
    eager = {n: tried(n, lambda n=n: run_of(made[n], batch, device)) for n in made}
    found = {"eager": eager}
    if device == "cuda":
        fixed = [name for name in ("dense", "wide", "gather") if name in made]
        found["CUDA graph"] = {
            n: tried(f"graph of {n}", lambda n=n: in_graph(run_of(made[n], batch, device)))
            for n in fixed
        }
        found["torch.compile"] = {
            n: tried(f"compiled {n}", lambda n=n: run_of(torch.compile(made[n]), batch, device))
            for n in fixed
        }
    ran = {how: {n: r for n, r in runs.items() if r is not None} for how, runs in found.items()}
    return {how: runs for how, runs in ran.items() if "dense" in runs}


def layers(device: str, rounds: int) -> list[dict[str, Any]]:
    """Measure layers of 4, 8 and 16 experts."""
    rows = []
    for n_experts in (4, 8, 16):
        for batch in SIZES[device]:
            torch.manual_seed(0)
            for how, runs in variants(n_experts, batch, device).items():
                times = turns(runs, device, rounds, 0.04)
                rows.append({"experts": n_experts, "batch": batch, "how": how, **summary(times)})
                print(rows[-1], flush=True)
    return rows


def main() -> None:
    from moe_speed_page import page

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=SIZES, default="cpu")
    parser.add_argument("--parts", nargs="*", choices=["layers", "trainings"])
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    parts = asked.parts
    if parts is None:
        parts = ["layers", "trainings"] if asked.device == "cpu" else ["layers"]
    rows = [json.loads(line) for line in ROWS.read_text().splitlines()] if ROWS.exists() else []
    for part in parts:
        load = os.getloadavg()[0]
        new = layers(asked.device, asked.rounds) if part == "layers" else trainings(asked.rounds)
        common = {"part": part, "device": asked.device, "machine": machine(asked.device)}
        rows = [r for r in rows if (r["part"], r["device"]) != (part, asked.device)]
        rows += [{**common, "load": load, "rounds": asked.rounds, **row} for row in new]
    ROWS.parent.mkdir(parents=True, exist_ok=True)
    ROWS.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ROWS.with_suffix(".md").write_text(page(rows, must=MUST, aim=AIM))


def machine(device: str) -> str:
    if device == "cuda":
        return f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}"
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "unknown processor",
    )
    return f"one thread of {model}, PyTorch {torch.__version__}"


if __name__ == "__main__":
    main()
