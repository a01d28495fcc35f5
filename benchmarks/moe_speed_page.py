"""The page of `benchmarks/moe.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]
Targets = Mapping[tuple[int, int], float]

HEAD = """# What mixtures cost

```sh
OMP_NUM_THREADS=1 python benchmarks/moe.py
OMP_NUM_THREADS=1 python benchmarks/moe.py --device cuda
```

Multiples of the time of a dense 256-256-256 network, whose multiply-adds are as many as those of
the two active experts of 256 -> 128 -> 256; `auto` is what policies use. Batch 1 is a forward pass
without gradients, larger batches go forward and backward. Medians over rounds in which all
variants take turns; the load average tells of other programs on the same cores.
"""
TRAININGS = """## Trainings

Steps per second of `learn` on HalfCheetah-v5 with 8 experts, 2 of them active, against
`MlpPolicy`: experts a quarter as wide as the layer that they replace, so that the active
multiply-adds are the same. The must is 0.6, the aim 0.7. A mixture has more parameters than the
layer it replaces, and Adam pays for all of them; the fused Adam, which `MoePolicy` takes unless
told otherwise, pays less. All are against the dense policy with Adam as SB3 has it. Rollouts and
updates are what one step costs in each.

| algorithm | variant | speed [least, most] | rollouts [µs] | updates [µs] |
|---|---|---|---|---|
"""
PROFILE = """
Why: a rollout in one environment passes single states, and there a layer's price is the number of
its operations, not their work: routing and mixing call some twenty where a dense layer calls one.
In updates the products of the two chosen experts are as many as those of the dense layer, but in
eight pieces, behind copies of each state for each of its experts, as the table of layers above
measures; more environments at once, `critic=False`, or larger networks bring the ratio down.
"""


def page(rows: Iterable[Row], *, must: Targets, aim: Targets) -> str:
    """Return the page of all rows."""
    rows = list(rows)
    text = HEAD
    for device in ("cpu", "cuda"):
        mine = [r for r in rows if r["part"] == "layers" and r["device"] == device]
        if mine:
            text += layers(mine, must if device == "cpu" else {}, aim)
    trained = [r for r in rows if r["part"] == "trainings"]
    if trained:
        text += "\n" + TRAININGS + "".join(line for row in trained for line in training(row))
        text += "\n" + "".join(own(row) for row in trained) + PROFILE + "\n" + where(trained[0])
    return text


def own(row: Row) -> str:
    """Return how `MoePolicy`, as it is, stands to its target."""
    speed = 1 / row["ratios"]["mixture, fused Adam"]
    said = "aim met" if speed >= 0.7 else "met, aim missed" if speed >= 0.6 else "**missed**"
    return (
        f"- {row['algorithm']} with `MoePolicy` as it is: {speed:.2f}, must 0.6, aim 0.7: {said}\n"
    )


def where(row: Row) -> str:
    return (
        f"Measured on {row['machine']}; load average {row['load']:.1f}, {row['rounds']} rounds.\n"
    )


def layers(rows: list[Row], must: Targets, aim: Targets) -> str:
    """Return the table of one device, and how its targets stand."""
    names = [n for n in dict.fromkeys(n for r in rows for n in r["ratios"]) if n != "dense"]
    text = f"\n## Layers, {rows[0]['device']}\n\n| experts | batch | run | dense [µs] | "
    text += " | ".join(names) + " |\n" + "|---" * (4 + len(names)) + "|\n"
    for row in rows:
        cells = [f"{row['ratios'][n]:.2f}" if n in row["ratios"] else "" for n in names]
        head = [row["experts"], row["batch"], row["how"], f"{row['dense_us']:,.0f}", *cells]
        text += "| " + " | ".join(map(str, head)) + " |\n"
    found = {(r["experts"], r["batch"]): r["ratios"]["auto"] for r in rows if r["how"] == "eager"}
    lines = [verdict(found, case, bound, aim[case]) for case, bound in must.items()]
    if must:
        eight = next(r for r in rows if (r["experts"], r["batch"]) == (8, 256))["ratios"]
        faster = {name: eight[name] / eight["auto"] for name in ("module stack", "module loop")}
        lines += [
            f"- 8 experts, batch 256: {times:.2f} times as fast as the {name}, must 2.5: "
            + ("met" if times >= 2.5 else "**missed**")
            for name, times in faster.items()
        ]
    return text + "\n" + "".join(f"{line}\n" for line in lines) + "\n" + where(rows[0])


def verdict(
    found: Mapping[tuple[int, int], float], case: tuple[int, int], must: float, aim: float
) -> str:
    value = found[case]
    said = "aim met" if value <= aim else "met, aim missed" if value <= must else "**missed**"
    return f"- {case[0]} experts, batch {case[1]}: {value:.2f}, must {must}, aim {aim}: {said}"


def training(row: Row) -> list[str]:
    lines = []
    for name, ratio in row["ratios"].items():
        least, most = (1 / bound for bound in reversed(row["spread"][name]))
        speed = f"{1 / ratio:.2f} [{least:.2f}, {most:.2f}]"
        spent = " | ".join(f"{row[part][name]:,.0f}" for part in ("rollouts_us", "updates_us"))
        lines.append(f"| {row['algorithm']} | {name} | {speed} | {spent} |\n")
    return lines
