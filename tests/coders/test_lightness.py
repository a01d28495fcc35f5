import subprocess
import sys

HEAVY = ("gymnasium", "jinja2", "mujoco", "numpy", "openai", "stable_baselines3", "torch", "yaml")
MODULES = (
    "chat",
    "examples",
    "extraction",
    "features",
    "library",
    "likeness",
    "prompting",
    "replay",
    "select",
)


def test_coders_import_nothing_heavy_before_they_are_used():
    imports = "; ".join(f"import rewardlab.coders.{module}" for module in MODULES)
    code = f"import sys; {imports}; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
