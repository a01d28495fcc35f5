import os
import select
import signal

import pytest

from rewardlab.errors import ProgramRefused, RewardFault, WorkerStartError
from rewardlab.evaluation.report import report
from rewardlab.program.program import RewardProgram
from rewardlab.sandbox import spawn
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.record import FIELDS
from rewardlab.sandbox.runner import RewardRunner
from rewardlab.store.files import read_json
from rewardlab.training.logs import read_progress
from rewardlab.training.prepare import prepare
from rewardlab.training.run import Run
from rewardlab.training.train import train

GOOD = """
def compute_dense_reward(self, action):
    near = 1.0 - abs(self.position)
    effort = -0.1 * abs(action[0])
    return near + effort, {"near": near, "effort": effort}
"""
# fails late in an episode, which training reaches and a start does not
FRAGILE = """
def compute_dense_reward(self, action):
    if self.time > 1.4:
        return 1.0 / (self.time - self.time)
    return 1.0
"""
PPO = {"n_steps": 32, "batch_size": 64, "n_epochs": 2}
SAC = {"learning_starts": 100, "batch_size": 16, "buffer_size": 1000, "gradient_steps": 1}
SMALL = {"n_envs": 2, "eval_freq": 0, "policy_kwargs": {"net_arch": [16]}}


@pytest.fixture
def from_call_41(monkeypatch):
    """Lets something happen before the 41st evaluation, or before each from there on."""

    def install(kind, happen, *, again=False):
        calls, evaluate = iter(range(10**6)), kind.evaluate

        def evaluated(self, rows):
            number = next(calls)
            if number == 40 or (again and number > 40):
                happen(self)
            return evaluate(self, rows)

        monkeypatch.setattr(kind, "evaluate", evaluated)

    return install


def kill(runner):
    os.kill(runner._worker.pid, signal.SIGKILL)


def column(run, key):
    return [float(row[key]) for row in read_progress(run.path / "progress.csv")[1] if key in row]


@pytest.mark.parametrize(("algo", "settings"), [("ppo", PPO), ("sac", SAC)])
def test_a_program_trains_with_every_term_logged(algo, settings, task, tmp_path):
    program = RewardProgram(GOOD, goal="Stay in the middle.")
    run = train(
        task, program, algo=algo, n_timesteps=300, hyperparameters=settings, out=tmp_path, **SMALL
    )
    assert run.program == program
    assert run.config.goal == "Stay in the middle."
    near, effort = column(run, "reward/terms/near"), column(run, "reward/terms/effort")
    for parts in zip(column(run, "reward/shaped"), near, effort, strict=True):
        assert parts[0] == pytest.approx(parts[1] + parts[2], abs=1e-6)
    assert all(r <= 0 for r in column(run, "rollout/ep_rew_mean"))
    assert all(m < 0 for m in effort)
    assert column(run, "shaper/calls")[-1] >= 100


def test_a_program_given_by_its_path_is_kept_in_the_run(task, tmp_path):
    path = RewardProgram(GOOD).save(tmp_path / "mine.py")
    run = train(task, path, n_timesteps=64, hyperparameters=PPO, out=tmp_path / "runs", **SMALL)
    assert (run.path / "program.py").read_text() == GOOD
    assert run.record["program_id"] == RewardProgram(GOOD).id


def test_a_program_that_fails_stops_the_run_with_a_record(task, tmp_path):
    with pytest.raises(RewardFault):
        train(
            task,
            RewardProgram(FRAGILE),
            n_timesteps=500,
            hyperparameters=PPO,
            name="fragile",
            out=tmp_path,
            **SMALL,
        )
    run = Run.open("fragile", out=tmp_path)
    assert run.status == "failed"
    fault = run.record["fault"]
    assert fault["program_id"] == RewardProgram(FRAGILE).id
    assert fault["state"]
    assert "the reward program failed" in run.record["reason"]
    assert list((run.path / "checkpoints").iterdir())


HANGS = """
def compute_dense_reward(self, action):
    while self.time > 1.4:
        pass
    return 1.0
"""


@pytest.mark.parametrize("on_fault", ["stop", "zero"])
def test_a_worker_that_hangs_is_replaced_then_the_run_stops_with_the_reason(
    on_fault, task, tmp_path
):
    """With zeros too, no run may lose worker after worker."""
    with pytest.raises(RewardFault, match="RewardTimeout"):
        train(
            task,
            RewardProgram(HANGS),
            n_timesteps=5000,
            hyperparameters=PPO,
            on_reward_fault=on_fault,
            name="hangs",
            out=tmp_path,
            **SMALL,
        )
    run = Run.open("hangs", out=tmp_path)
    assert run.status == "failed"
    assert run.record["fault"]["code"] == "RewardTimeout"
    assert list((run.path / "checkpoints").iterdir())
    worker = read_json(run.path / "sandbox.json")["worker"]
    assert worker["respawns"] == {"stop": 1, "zero": 3}[on_fault]
    assert worker["faults"]["RewardTimeout"] >= 2


def test_a_worker_killed_from_outside_is_replaced_and_the_values_go_on(
    task, tmp_path, from_call_41
):
    plain = train(
        task, RewardProgram(GOOD), n_timesteps=256, hyperparameters=PPO, out=tmp_path, **SMALL
    )
    from_call_41(RewardRunner, kill)
    killed = train(
        task, RewardProgram(GOOD), n_timesteps=256, hyperparameters=PPO, out=tmp_path, **SMALL
    )
    assert killed.status == "finished"
    assert column(killed, "reward/shaped") == column(plain, "reward/shaped")
    assert column(killed, "shaper/respawns")[-1] == 1


def test_a_jail_killed_again_and_again_stops_the_run_without_blaming_the_program(
    task, tmp_path, from_call_41
):
    def lose(worker):
        os.kill(spawn.facts().pid, signal.SIGKILL)
        select.select([worker._connection._child.pidfd], [], [], 10)

    from_call_41(RewardWorker, lose, again=True)
    settings = {**SMALL, "hyperparameters": PPO, "name": "lost", "on_reward_fault": "zero"}
    with pytest.raises(WorkerStartError, match="was killed"):
        train(task, RewardProgram(GOOD), n_timesteps=256, out=tmp_path, **settings)
    run = Run.open("lost", out=tmp_path)
    assert run.status == "failed"
    assert "the process that jails reward programs was killed" in run.record["reason"]
    assert not run.record.get("fault")
    assert list((run.path / "checkpoints").iterdir())
    worker = read_json(run.path / "sandbox.json")["worker"]
    assert (worker["faults"], worker["substituted"]) == ({"WorkerLost": 2}, 0)


def test_a_program_that_cannot_be_loaded_again_leaves_a_checkpoint_too(
    task, tmp_path, from_call_41
):
    def spoil(runner):
        kill(runner)
        runner.program = RewardProgram("def compute_dense_reward(self):\n    return 1.0\n")

    from_call_41(RewardRunner, spoil)
    settings = {**SMALL, "hyperparameters": PPO, "name": "spoiled"}
    with pytest.raises(ProgramRefused):
        train(task, RewardProgram(GOOD), n_timesteps=256, out=tmp_path, **settings)
    run = Run.open("spoiled", out=tmp_path)
    assert run.status == "failed"
    assert list((run.path / "checkpoints").iterdir())


def test_a_failed_run_goes_on_with_a_repaired_program(task, tmp_path):
    run = prepare(
        task,
        RewardProgram(FRAGILE),
        n_timesteps=500,
        hyperparameters=PPO,
        name="fragile",
        out=tmp_path,
        **SMALL,
    )
    with pytest.raises(RewardFault):
        train(task, resume=run)
    run.set_program(RewardProgram(GOOD))
    assert train(task, resume=run).status == "finished"


def test_faults_scored_zero_are_counted_and_stop_above_one_per_cent(task, tmp_path):
    with pytest.raises(RewardFault, match="more than 1 %"):
        train(
            task,
            RewardProgram(FRAGILE),
            n_timesteps=5000,
            hyperparameters=PPO,
            on_reward_fault="zero",
            name="zeros",
            out=tmp_path,
            **SMALL,
        )
    run = Run.open("zeros", out=tmp_path)
    assert column(run, "shaper/substituted")[-1] > 0
    told = read_json(report(run).json_path)["worker"]
    assert told["substituted"] > 0
    assert sum(n for name, n in told.items() if name.startswith("faults/")) == told["faults"]


def test_a_program_that_does_not_pass_the_static_reading_never_runs(task, tmp_path):
    with pytest.raises(ProgramRefused):
        train(
            task,
            RewardProgram("import os\ndef compute_dense_reward(self, action):\n    return os.x\n"),
            n_timesteps=64,
            name="refused",
            out=tmp_path,
            **SMALL,
        )
    assert Run.open("refused", out=tmp_path).status == "failed"


@pytest.mark.parametrize("vec_env", ["dummy", "subproc"])
def test_programs_score_real_scenes_however_environments_are_stepped(vec_env, tmp_path):
    source = "def compute_dense_reward(self, action):\n    return self.time, {'clock': self.time}\n"
    run = train(
        "locomotion/hopper-forward",
        RewardProgram(source),
        n_timesteps=128,
        hyperparameters=PPO,
        vec_env=vec_env,
        out=tmp_path,
        **SMALL,
    )
    assert all(clock > 0 for clock in column(run, "reward/terms/clock"))


def test_every_run_records_how_its_program_was_held(task, tmp_path):
    program = RewardProgram(GOOD)
    settings = {**SMALL, "hyperparameters": PPO, "allow_degraded_sandbox": True}
    run = train(task, program, n_timesteps=128, out=tmp_path, **settings)
    held = read_json(run.path / "sandbox.json")
    assert set(held) == set(FIELDS)
    assert held["program_id"] == program.id
    assert held["trust"]["allow_degraded_sandbox"]
    assert held["worker"]["calls"] >= 64
    assert 0 < held["worker"]["p50_us"] <= held["worker"]["p99_us"]
    assert held["worker"]["faults"] == {}
    assert held["probe"] is None


def test_so_does_one_that_failed(task, tmp_path):
    settings = {**SMALL, "hyperparameters": PPO, "name": "fragile"}
    with pytest.raises(RewardFault):
        train(task, RewardProgram(FRAGILE), n_timesteps=500, out=tmp_path, **settings)
    worker = read_json(tmp_path / "fragile" / "sandbox.json")["worker"]
    assert worker["faults"] == {"RewardRuntimeError": 2}
    assert worker["respawns"] == 1
