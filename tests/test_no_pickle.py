"""Where files that could execute something might be read: one module, behind its user's consent."""

import ast
from pathlib import Path

import pytest

import rewardlab

ROOT = Path(rewardlab.__file__).parent
CONSENTED = ROOT / "training" / "foreign.py"
MODULES = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "_pickle", "pandas"}
CALLS = {
    *("torch.load", "th.load", "torch.jit.load", "np.load", "numpy.load", "np.lib.npyio.NpzFile"),
    *("np.loadtxt", "np.genfromtxt", "np.fromfile", "np.memmap", "yaml.load", "yaml.load_all"),
    *("yaml.full_load", "yaml.unsafe_load", "VecNormalize.load", "cls.load", "model.load"),
    *("load_from_zip_file", "load_from_pkl", "PPO.load", "model.load_replay_buffer", "eval"),
}


def sources():
    """All source files of the package; its linked folders too."""
    for top in [ROOT, *(path for path in ROOT.iterdir() if path.is_symlink())]:
        yield from top.rglob("*.py")


def unsafe(source):
    """Yield what a module reads that could execute something."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            yield node.module
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in CALLS:
            only_numbers = "allow_pickle=False" in map(ast.unparse, node.keywords)
            yield from [] if only_numbers else [ast.unparse(node.func)]


def test_nothing_unpickles_but_the_loader_of_trusted_models():
    found = {path: list(unsafe(path.read_text("utf-8"))) for path in sources()}
    assert len(found) > 100
    assert sorted(found.pop(CONSENTED)) == ["cls.load", "pickle"]
    ours = {str(path): names for path, names in found.items() if names}
    assert ours == {}


@pytest.mark.parametrize(
    "source",
    [
        *("import torch\ntorch.load('x', weights_only=True)", "from pickle import loads"),
        *("eval('1')", "np.load('x')", "np.load('x', allow_pickle=True)"),
    ],
)
def test_the_search_does_find_them(source):
    assert list(unsafe(source))
