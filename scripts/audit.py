"""Ask a vulnerability service about every pinned package, and say plainly if nobody could be asked.

pip-audit reports "No known vulnerabilities found" also where it had to skip every package, as it
does behind a mirror of PyPI. So a service must first name a package that is known to be bad.

Exit codes: 0 audited and clean (or not audited, without STRICT=1), 1 vulnerable, 2 not audited.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

PINS = Path(__file__).parents[1] / "constraints.txt"
KNOWN_BAD = "pyyaml==5.3\n"
SERVICES = ("osv", "pypi")

Ask = Callable[[str, Path], "list[dict[str, Any]] | None"]
"""Takes a service and a file of pins; returns a record per package, `None` without an answer."""


def pip_audit(service: str, pins: Path) -> list[dict[str, Any]] | None:
    """Run pip-audit; it installs nothing."""
    options = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--timeout", "15"]
    command = [sys.executable, "-m", "pip_audit", "-r", str(pins), "-f", "json", "-s", service]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, LookupError, TypeError):
        return None
    return found


def audit(ask: Ask, pins: Path) -> tuple[str, list[str]]:
    """Return `"clean"`, `"vulnerable"` or `"not audited"`, and what to say about it."""
    reasons = []
    for service in SERVICES:
        if not _knows(ask, service):
            reasons.append(f"{service}: not reachable, or it knows no vulnerabilities")
            continue
        records = ask(service, pins)
        if records is None:
            reasons.append(f"{service}: no answer")
            continue
        bad = [f"{r['name']} {r['version']}: {_ids(r)}" for r in records if r.get("vulns")]
        skipped = [f"{r['name']}: {r['skip_reason']}" for r in records if "skip_reason" in r]
        if bad:
            return "vulnerable", bad
        if records and not skipped:
            return "clean", [f"{len(records)} packages, asked of {service}"]
        reasons += [f"{service} skipped {line}" for line in skipped] or [f"{service}: no packages"]
    return "not audited", reasons


def _knows(ask: Ask, service: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder) / "known-bad.txt"
        pins.write_text(KNOWN_BAD)
        return any(record.get("vulns") for record in ask(service, pins) or ())


def _ids(record: dict[str, Any]) -> str:
    def told(vuln: dict[str, Any]) -> str:
        fixed = ", ".join(vuln.get("fix_versions") or ()) or "no version yet"
        return f"{vuln['id']} (fixed in {fixed})"

    return "; ".join(map(told, record["vulns"]))


def main() -> int:
    """Audit the pins and return the exit code."""
    state, lines = audit(pip_audit, PINS)
    for line in lines:
        print(f"  {line}")
    if state == "not audited":
        print("NOT AUDITED: no vulnerability service answered for every pinned package.")
        return 2 if os.environ.get("STRICT") == "1" else 0
    print(f"audit of {PINS.name}: {state}")
    return int(state == "vulnerable")


if __name__ == "__main__":
    sys.exit(main())
