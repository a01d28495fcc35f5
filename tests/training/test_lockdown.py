"""Training under --lockdown: an environment that attacks reaches nothing, an honest one learns."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

import rewardlab
from rewardlab.errors import RewardlabError, SandboxError, UsageError, WorkerStartError
from rewardlab.sandbox import kernel, lockdown
from rewardlab.shapers.base import Shaper
from rewardlab.training import handover
from rewardlab.training.run import Run
from rewardlab.training.train import train

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        kernel.landlock_abi() < lockdown.LEAST_ABI, reason="this kernel's landlock is too old"
    ),
]

TINY = {
    "n_timesteps": 128,
    "n_envs": 2,
    "eval_freq": 64,
    "eval_episodes": 1,
    "hyperparameters": {"n_steps": 16, "batch_size": 16, "n_epochs": 1},
    "policy_kwargs": {"net_arch": [8]},
    "normalize": None,
}

MODULE = '''
import os, socket, subprocess, time
from pathlib import Path
import gymnasium as gym
import numpy as np

BASE, SCRATCH = Path({base!r}), Path(os.environ.get("TMPDIR", "/"))

def run():
    locked = SCRATCH.name.startswith(".scratch")
    return SCRATCH.parent if locked else next(BASE.glob("results/*"))

def write():
    (BASE / "canary").write_text("x")

def call():
    socket.create_connection(("127.0.0.1", {port})).close()

def execute():
    subprocess.run(["touch", BASE / "executed"], check=False)

def read():
    (run() / "tb" / "stolen").write_text((BASE / "home" / "secret").read_text())

def look_around():
    (run() / "tb" / "own").write_text(str(os.environ))
    parent = Path(f"/proc/{{os.getppid()}}/environ").read_bytes()
    (run() / "tb" / "parent").write_bytes(parent)

def rewrite():
    config = run() / "config.yaml"
    config.write_text(config.read_text().replace("gym/", "gym/evil."))

def crash():
    raise ValueError("boom")

def lose_zygote():
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        if int(text.rpartition(")")[2].split()[1]) == os.getpid():
            os.kill(int(stat.parent.name), 9)

def linger():
    if not (run() / "tb" / "pid").exists() and os.fork() == 0:
        os.setsid()
        (run() / "tb" / "pid").write_text(str(os.getpid()))
        time.sleep(60)
        os._exit(0)

def wait():
    time.sleep(0.005)

class Line(gym.Env):
    """Push a point to 0; after some steps, do `deeds`."""
    observation_space = gym.spaces.Box(-5.0, 5.0, (2,), np.float64)
    action_space = gym.spaces.Box(-1.0, 1.0, (1,), np.float32)

    def __init__(self, deeds=(), after=40):
        self.deeds, self.after, self.steps = deeds, after, 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x, self.t = self.np_random.uniform(-1.0, 1.0), 0
        return np.array([self.x, 0.0]), {{}}

    def step(self, action):
        self.t, self.steps = self.t + 1, self.steps + 1
        self.x += 0.2 * float(np.clip(action, -1.0, 1.0)[0])
        if self.steps >= self.after:
            for deed in self.deeds:
                try:
                    globals()[deed]()
                except OSError:
                    pass
        return np.array([self.x, self.t / 20]), -abs(self.x), False, self.t >= 20, {{}}

def register(name, *deeds):
    gym.register(name, entry_point=Line, kwargs={{"deeds": deeds}}, max_episode_steps=20)

register("Honest-v0")
register("Hostile-v0", "write", "call", "execute", "read", "look_around")
register("Rewriting-v0", "rewrite")
register("Crashing-v0", "crash")
register("Losing-v0", "lose_zygote")
register("Slow-v0", "wait")
register("Lingering-v0", "linger", "wait")
'''

PROGRAM = """
def compute_dense_reward(self, action):
    near = 1.0 / (1.0 + abs(self.obs[0]))
    return near, {"near": near}
"""


class Place:
    """A folder with a module of environments, a home with a secret, and somebody who listens."""

    def __init__(self, folder, module):
        self.folder, self.module = folder, module
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        (folder / "lab").mkdir()
        (folder / "home").mkdir()
        (folder / "home" / "secret").write_text("canary-2d1e")
        port = self.listener.getsockname()[1]
        (folder / "lab" / f"{module}.py").write_text(MODULE.format(base=str(folder), port=port))
        (folder / "program.py").write_text(PROGRAM)

    def task(self, name):
        return f"gym/{self.module}:{name}"

    def train(self, env, reward="oracle", /, **settings):
        return train(
            rewardlab.task(self.task(env)),
            reward,
            out=self.folder / "results",
            **{**TINY, **settings},
        )

    @property
    def run(self):
        return Run.open(next((self.folder / "results").iterdir()))

    @property
    def effects(self):
        seen = {name for name in ("canary", "executed") if (self.folder / name).exists()}
        for name in ("stolen", "own", "parent"):
            files = self.folder.glob(f"results/*/tb/{name}")
            seen |= {name for file in files if b"canary-2d1e" in file.read_bytes()}
        with suppress(BlockingIOError):
            self.listener.accept()[0].close()
            seen.add("called")
        return seen


@pytest.fixture
def place(tmp_path, monkeypatch, request):
    module = f"lab_{abs(hash(request.node.nodeid))}"
    place = Place(tmp_path, module)
    monkeypatch.syspath_prepend(tmp_path / "lab")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "lab"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OPENAI_API_KEY", "canary-2d1e")
    yield place
    place.listener.close()


def test_an_environment_that_attacks_reaches_nothing_under_the_lock(place):
    run = place.train("Hostile-v0", lockdown=True)
    assert run.status == "finished"
    assert place.effects == set()
    assert (run.path / "tb" / "own").exists(), "it did try"
    place.train("Hostile-v0", name="free", eval_freq=0)
    assert place.effects >= {"canary", "executed", "stolen", "own", "called"}


def test_a_locked_run_is_the_same_as_an_open_one_to_the_last_bit(place):
    program = str(place.folder / "program.py")
    free = place.train("Honest-v0", program, name="free", n_envs=1)
    for vec_env in ("dummy", "subproc"):
        settings = {"name": vec_env, "vec_env": vec_env, "n_envs": 1}
        locked = place.train("Honest-v0", program, lockdown=True, **settings)
        assert locked.config.lockdown
        assert outcome(locked) == outcome(free)
        assert vec_env == "subproc" or locked.evaluations == free.evaluations
        assert {p.name for p in locked.path.iterdir()} == {p.name for p in free.path.iterdir()}
        assert list((locked.path / "tb").glob("events.*"))


def outcome(run):
    """Return the policies that training made."""
    files = [*run.path.glob("final/*"), *run.path.glob("best/*")]
    return {f"{f.parent.name}/{f.name}": f.read_bytes() for f in files}


def once_saved(run_folder, step, deed):
    """Do something once a run has a checkpoint of that step."""

    def watch():
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            saved = (run_folder / "checkpoints").glob("[0-9]*")
            if any(int(path.name.rstrip("+")) >= step for path in saved):
                return deed()
            time.sleep(0.01)
        return None

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


LONG = {"n_timesteps": 100_000, "eval_freq": 0, "checkpoint_freq": 32, "name": "long"}


def test_ctrl_c_is_answered_by_the_locked_trainer(place):
    folder = place.folder / "results" / "long"
    watcher = once_saved(folder, 32, lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt, match=r"stopped at .* of 100,000 steps; go on with: "):
        place.train("Slow-v0", lockdown=True, **LONG)
    watcher.join()
    assert place.run.status == "interrupted"
    assert not list(folder.glob(".scratch*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_not_lost_in_an_import_that_swallows_it(place, number):
    module = place.folder / "lab" / f"{place.module}.py"
    lines = (
        "from contextlib import suppress",
        "if SCRATCH.name.startswith('.scratch'):",
        "    (SCRATCH / 'importing').touch()",
        "    with suppress(BaseException):",
        "        time.sleep(20)",
    )
    module.write_text("\n".join((module.read_text(), *lines)))

    def stop():
        while not list(place.folder.glob("results/long/.scratch*/importing")):
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=stop, daemon=True)
    thread.start()
    with pytest.raises(KeyboardInterrupt, match=r"stopped; go on with: rewardlab train --resume "):
        place.train("Honest-v0", lockdown=True, name="long")
    thread.join()
    assert place.run.status == "interrupted"


def test_a_killed_locked_run_goes_on_to_the_same_end(place):
    program, settings = str(place.folder / "program.py"), {"checkpoint_freq": 32, "eval_freq": 0}
    settings |= {"n_timesteps": 256}
    whole = place.train("Slow-v0", program, name="whole", **settings)
    folder = place.folder / "results" / "cut"
    watcher = once_saved(folder, 96, lambda: os.kill(Run(folder).record["pid"], signal.SIGKILL))
    with pytest.raises(RewardlabError, match=r"ended without a word \(SIGKILL\); go on with: "):
        place.train("Slow-v0", program, name="cut", lockdown=True, **settings)
    watcher.join()
    assert Run(folder).status == "interrupted"
    cut = train(rewardlab.task(place.task("Slow-v0")), resume=folder)
    assert cut.status == "finished"
    assert outcome(cut) == outcome(whole)


def test_the_trainer_does_not_outlive_whoever_began_it(place):
    script = f"""
import rewardlab
rewardlab.train({place.task("Slow-v0")!r}, n_timesteps=10**6, n_envs=2, lockdown=True, name="long",
    hyperparameters=dict(n_steps=16, batch_size=16, n_epochs=1), eval_freq=0, checkpoint_freq=32,
    out={str(place.folder / "results")!r})
"""
    process = subprocess.Popen([sys.executable, "-c", script], cwd=place.folder / "lab")
    folder = place.folder / "results" / "long"
    once_saved(folder, 32, process.kill).join()
    process.wait()
    pid, deadline = Run(folder).record["pid"], time.monotonic() + 20
    while Run(folder).status == "running" or living_children(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def living_children(pid):
    """Return processes whose session is that of a trainer, or whose parent it was."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent, _, session = stat.read_text().rpartition(")")[2].split()[:4]
            if state != "Z" and pid in (int(parent), int(session)):
                found.append(int(stat.parent.name))
    return found


def test_an_error_of_the_environment_is_told_as_without_the_lock(place):
    with pytest.raises(RuntimeError, match="boom") as caught:
        place.train("Crashing-v0", lockdown=True)
    assert type(caught.value).__name__ == "ValueError"
    assert (place.run.status, place.run.record["reason"]) == ("failed", "boom")


def test_a_zygote_that_dies_under_the_lock_ends_the_run_with_a_checkpoint(place):
    with pytest.raises(WorkerStartError, match="locked down can start no other: go on with: "):
        place.train("Losing-v0", str(place.folder / "program.py"), lockdown=True)
    assert place.run.status == "failed"
    assert list((place.run.path / "checkpoints").glob("[0-9]*"))


def test_what_decides_which_code_is_run_cannot_be_changed_by_the_trainer(place):
    with pytest.raises(SandboxError, match=r"the trainer changed config.yaml of run"):
        place.train("Rewriting-v0", lockdown=True)
    assert place.run.config.task == place.task("Rewriting-v0")


def test_what_the_trainer_leaves_running_is_ended(place):
    run = place.train("Lingering-v0", lockdown=True)
    pid = int((run.path / "tb" / "pid").read_text())
    assert not Path(f"/proc/{pid}").exists()


def test_a_shaper_cannot_be_locked_down(place):
    with pytest.raises(UsageError, match="Mine cannot be handed to: it is an object of this one"):
        place.train("Honest-v0", Mine(), lockdown=True)
    assert not (place.folder / "results").exists()


class Mine(Shaper):
    def shape(self, batch):
        raise NotImplementedError


def test_a_module_beside_everything_else_of_its_user_is_refused(place, monkeypatch):
    monkeypatch.setenv("HOME", str(place.folder / "lab"))
    with pytest.raises(UsageError, match="put that module into a folder of its own"):
        place.train("Honest-v0", lockdown=True)


def test_a_trainer_gets_settings_of_libraries_but_no_key_among_them(monkeypatch):
    keys = ("NVIDIA_API_KEY", "TORCH_HUB_TOKEN", "CUDA_HTTP_PROXY", "OPENAI_API_KEY", "HF_TOKEN")
    for name in keys:
        monkeypatch.setenv(name, "canary")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    handed = handover.environment("scratch")
    assert handed["CUDA_VISIBLE_DEVICES"] == "0"
    assert "canary" not in handed.values()
    assert handed["HOME"] == handed["TMPDIR"] == "scratch"
