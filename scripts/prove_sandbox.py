"""Try to break the sandbox of this machine, then pass a program through it with nothing missing.

seccomp must hold. A layer that this kernel lacks is told loudly, and its own tests are skipped.

    python scripts/prove_sandbox.py
"""

import json
import subprocess
import sys
import tempfile

REWARDLAB = (sys.executable, "-m", "rewardlab")


def main() -> int:
    """Return the exit status."""
    subprocess.run([*REWARDLAB, "doctor"], check=True)
    answer = subprocess.run([*REWARDLAB, "doctor", "--json"], stdout=subprocess.PIPE, check=True)
    layers = json.loads(answer.stdout)["sandbox"]["layers"]
    missing = [layer["name"] for layer in layers if not layer["works"]]
    if missing:
        print(f"NOT PROVEN: {', '.join(missing)} missing on this machine", file=sys.stderr)
        return int("seccomp" in missing)
    with tempfile.NamedTemporaryFile(suffix=".py") as program:
        task = "metaworld/drawer-open"
        write = ["generate", task, "Open the drawer.", "--coder", "offline", "-o", program.name]
        check = ["validate", program.name, "--task", task, "--sandbox", "require"]
        subprocess.run([*REWARDLAB, *write], check=True)
        subprocess.run([*REWARDLAB, *check], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
