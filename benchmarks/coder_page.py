"""The page of `coder.py`: measured shares beside what the scripted error rates imply."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coder_server import GOOD, HELP, P, Q

from rewardlab.evaluation.statistics import wilson

ROUNDS = 3
SEEN = {
    "none": (),
    "TF": ("E7",),
    "TG": ("E8",),
    "both": ("E7", "E8"),
    "both + memory": ("E7", "E8"),
}
"""By arm the classes that it corrects beside E1 to E6."""
RUNNING = tuple(f"E{i}" for i in range(1, 7))


def implied(arm: str, r: int, *, sem: bool) -> float:
    """Return the closed form: share in order at once, and what `r` corrections put right."""
    corrected = (*RUNNING, *(SEEN[arm] if sem else ()))
    missing = set(P) - set(corrected) if sem else set()
    ok = 1.0 - sum(P[name] for name in corrected) - sum(P[name] for name in missing)
    return ok + sum(P[name] * (1.0 - (1.0 - Q[name]) ** r) for name in corrected)


def measured(rows: Sequence[Mapping[str, Any]], r: int, *, sem: bool) -> int:
    """Count programs of which a draft within `r` corrections is in order.

    It runs by what the loop found, and nothing is wrong with it (`sem`) by what the server says.
    """
    who, fine = ("truth", {GOOD}) if sem else ("seen", {GOOD, "E7", "E8"})
    return sum(bool(fine & set(row[who][: r + 1])) for row in rows)


def write(folder: Path) -> None:
    """Write `coder.md` of `rows.jsonl`."""
    lines = (folder / "rows.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    arms = {arm: [row for row in rows if row["arm"] == arm] for arm in SEEN}
    arms = {arm: some for arm, some in arms.items() if some}
    text = "\n".join([_head(arms), *_shares(arms), _seen(arms), _classes(arms), _costs(arms)])
    (folder / "coder.md").write_text(text + "\n")


def _head(arms: Mapping[str, Sequence[Any]]) -> str:
    n = max(len(some) for some in arms.values())
    return f"""# The correcting loop on a scripted coder

`python benchmarks/coder.py`: {n} programs of four MetaWorld tasks, at most {ROUNDS} corrections
each, rules off. The coder is a server that breaks programs in known ways and puts them right with
known probabilities, so this page says whether the loop finds, sends back and counts what it should.
**It is no evidence that correcting improves any model's programs: the errors are scripted.** No
improvement is claimed: none was measured where errors are not scripted.

| class | {" | ".join(P)} |
|---|{"---|" * len(P)}
| share of first drafts | {" | ".join(f"{p:.2f}" for p in P.values())} |
| put right per correction | {" | ".join(f"{q:.2f}" for q in Q.values())} |

Where a correction of the same code is shown, {HELP:.1f} more. All arms meet the same first drafts
and the same draws.
"""


def _shares(arms: Mapping[str, Sequence[Any]]) -> list[str]:
    tables = []
    for sem, title in (
        (False, "exec@r: a draft within r corrections passes E1 to E6, by what the loop found"),
        (True, "sem@r: one has nothing wrong, by the server's own account"),
    ):
        rows = [f"## {title}\n", "| arm | r | measured | 95 % | implied | within |"]
        rows.append("|---|---|---|---|---|---|")
        for arm, some in arms.items():
            rows += [_share(arm, some, r, sem=sem) for r in range(ROUNDS + 1)]
        tables.append("\n".join(rows) + "\n")
    tables.append(
        "What is implied is for r ≥ 1 a lower bound with memory, where it depends on which\n"
        "corrections were there to be shown. That memory helps is built into the server: it shows\n"
        "that corrections are kept, found and shown, and not that they help a model.\n"
    )
    return tables


def _share(arm: str, some: Sequence[Any], r: int, *, sem: bool) -> str:
    k, n = measured(some, r, sem=sem), len(some)
    low, high = wilson(k, n)
    formula = implied(arm, r, sem=sem)
    if "memory" in arm and r:
        inside = f"≥ {formula:.3f} | –"
    else:
        inside = f"{formula:.3f} | {'yes' if low <= formula <= high else '**no**'}"
    return f"| {arm} | {r} | {k / n:.3f} | {low:.3f} to {high:.3f} | {inside} |"


def _seen(arms: Mapping[str, Sequence[Any]]) -> str:
    """Say whether findings were of the classes that the drafts were of."""
    lines = ["## Findings\n", "| arm | drafts | class found as broken | found in good drafts |"]
    lines.append("|---|---|---|---|")
    for arm, some in arms.items():
        pairs = [p for row in some for p in zip(row["truth"], row["seen"], strict=True)]
        told = [p for p in pairs if p[0] in (*RUNNING, *SEEN[arm])]
        right = sum(truth == seen for truth, seen in told)
        false = sum(truth == GOOD and seen != GOOD for truth, seen in pairs)
        n_good = sum(truth == GOOD for truth, _ in pairs)
        lines.append(f"| {arm} | {len(pairs)} | {right} of {len(told)} | {false} of {n_good} |")
    return "\n".join(lines) + "\n"


def _classes(arms: Mapping[str, Sequence[Any]]) -> str:
    lines = ["## Fix rate per correction, by class\n"]
    lines += [f"| arm | {' | '.join(P)} |", f"|---|{'---|' * len(P)}"]
    for arm, some in arms.items():
        steps = [s for row in some for s in zip(row["truth"], row["truth"][1:], strict=False)]
        cells = []
        for name in P:
            tried = [after for before, after in steps if before == name]
            fixed = sum(after == GOOD for after in tried)
            cells.append(f"{fixed}/{len(tried)}" if tried else "–")
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _costs(arms: Mapping[str, Sequence[Any]]) -> str:
    lines = ["## Cost\n", "| arm | corrections per program | programs with memory hits | tokens |"]
    lines.append("|---|---|---|---|")
    for arm, some in arms.items():
        rounds = sum(len(row["truth"]) - 1 for row in some) / len(some)
        hits = sum(row["hits"] > 0 for row in some) / len(some)
        tokens = sum(row["tokens"] for row in some)
        lines.append(f"| {arm} | {rounds:.2f} | {100 * hits:.0f} % | {tokens:,} |")
    lines.append("\nTokens are a quarter of the characters, prompts and replies.")
    return "\n".join(lines)
