"""An audit that asked nobody must not look like one that found nothing."""

import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "audit.py"
spec = spec_from_file_location("audit_script", SCRIPT)
script = module_from_spec(spec)
spec.loader.exec_module(script)

BAD = {"id": "CVE-1", "fix_versions": ["2.0"]}
CLEAN = {"name": "a", "version": "1.0", "vulns": []}
VULNERABLE = {"name": "b", "version": "1.0", "vulns": [BAD]}
SKIPPED = {"name": "c", "skip_reason": "not found"}


def service(answers, *, knows=("osv", "pypi")):
    """Services that answer so, where those in `knows` do know what is vulnerable."""

    def ask(name, pins):
        if "pyyaml==5.3" in pins.read_text():
            vulns = [BAD] if name in knows else []
            return [{"name": "pyyaml", "version": "5.3", "vulns": vulns}]
        return answers.get(name)

    return ask


@pytest.mark.parametrize(
    ("answers", "knows", "state", "said"),
    [
        ({"osv": [CLEAN]}, ("osv",), "clean", "1 packages"),
        ({"osv": [CLEAN, VULNERABLE]}, ("osv",), "vulnerable", "b 1.0: CVE-1 (fixed in 2.0)"),
        ({"osv": [SKIPPED, VULNERABLE]}, ("osv",), "vulnerable", "CVE-1"),
        ({"osv": [CLEAN, SKIPPED]}, ("osv",), "not audited", "osv skipped c: not found"),
        ({"osv": [CLEAN, SKIPPED], "pypi": [CLEAN]}, ("osv", "pypi"), "clean", "pypi"),
        ({"osv": [CLEAN], "pypi": [CLEAN]}, (), "not audited", "knows no vulnerabilities"),
        ({"pypi": [VULNERABLE]}, ("osv", "pypi"), "vulnerable", "CVE-1"),
        ({"osv": [], "pypi": None}, ("osv", "pypi"), "not audited", "no packages"),
    ],
)
def test_the_states_are_told_apart(answers, knows, state, said, tmp_path):
    pins = tmp_path / "pins.txt"
    pins.write_text("a==1.0\n")
    found, lines = script.audit(service(answers, knows=knows), pins)
    assert found == state
    assert said in " ".join(lines)


def test_without_any_service_it_says_so_and_fails_only_where_asked_to():
    """A proxy that is not there cuts the script off from every service."""
    cut_off = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    for strict, code in (("", 0), ("1", 2)):
        env = os.environ | cut_off | {"STRICT": strict, "NO_PROXY": ""}
        done = subprocess.run(
            [sys.executable, SCRIPT], env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == code
        assert "NOT AUDITED" in done.stdout
