from dataclasses import asdict, replace

import pytest

from rewardlab.envs.tasks import task as get_task
from rewardlab.envs.tasks import tasks
from rewardlab.errors import UnknownName, UsageError
from rewardlab.training.prepare import prepare
from rewardlab.training.presets import PRESETS
from rewardlab.training.recipes import FAST_SUITES, TEXT2REWARD
from rewardlab.training.run import Run
from rewardlab.training.settings import fitted, preset
from rewardlab.training.train import train

PUBLISHED = [
    # task, algorithm, net, horizon, gamma, batch, steps, evaluated every
    ("metaworld/drawer-open", "sac", [256, 256, 256], 500, 0.99, 512, 1_000_000, 16_000),
    ("metaworld/door-unlock", "sac", [256, 256, 256], 500, 0.99, 512, 1_000_000, 16_000),
    ("tabletop/lift-cube", "ppo", [256, 256], 100, 0.85, 400, 2_000_000, 12_800),
    ("tabletop/pick-cube", "ppo", [256, 256], 100, 0.85, 400, 4_000_000, 12_800),
    ("tabletop/stack-cube", "sac", [256, 256], 200, 0.95, 1_024, 8_000_000, 16_000),
    ("tabletop/turn-faucet", "sac", [256, 256], 200, 0.95, 1_024, 4_000_000, 16_000),
    ("tabletop/open-cabinet-door", "sac", [256, 256], 200, 0.95, 1_024, 8_000_000, 16_000),
    ("tabletop/open-cabinet-drawer", "sac", [256, 256], 200, 0.95, 1_024, 4_000_000, 16_000),
    ("tabletop/push-chair", "sac", [256, 256], 200, 0.95, 1_024, 8_000_000, 16_000),
]


def known():
    return {entry.id for entry in tasks() if entry.available}


@pytest.mark.parametrize(
    ("id", "algo", "net", "horizon", "gamma", "batch", "steps", "freq"),
    PUBLISHED,
    ids=[row[0] for row in PUBLISHED],
)
def test_the_papers_settings_reach_the_configuration(
    id, algo, net, horizon, gamma, batch, steps, freq, tmp_path
):
    if id not in known():
        pytest.skip(f"{id} is not there")
    config = prepare(id, preset="text2reward", out=tmp_path).config
    assert (config.preset, config.algo, config.engine) == ("text2reward", algo, "python")
    assert config.policy_kwargs == {"net_arch": net}
    assert (config.n_timesteps, config.eval_freq, config.eval_episodes) == (steps, freq, 10)
    assert (config.n_envs, config.normalize) == (8, None)
    assert config.hyperparameters["gamma"] == gamma
    assert config.hyperparameters["batch_size"] == batch
    assert get_task(config.task, **config.task_options).horizon == horizon


PAPER_SETTINGS = {
    # what SB3's constructors get, whole: nothing else of the paper's table, nothing more
    "metaworld": {
        "learning_rate": 3e-4,
        "gamma": 0.99,
        "batch_size": 512,
        "tau": 0.005,
        "target_update_interval": 2,
        "learning_starts": 4_000,
        "ent_coef": "auto_0.1",
    },
    "ppo": {"gamma": 0.85, "batch_size": 400, "n_steps": 400, "n_epochs": 15, "target_kl": 0.05},
    "sac": {
        "gamma": 0.95,
        "batch_size": 1_024,
        "learning_starts": 4_000,
        "ent_coef": "auto_0.2",
        "train_freq": 8,
        "gradient_steps": 4,
    },
}


@pytest.mark.parametrize("id", TEXT2REWARD)
def test_each_recipe_is_the_papers_table_and_no_more(id):
    suite, _, name = id.partition("/")
    lifts = name in ("lift-cube", "pick-cube")
    kind = "metaworld" if suite == "metaworld" else "ppo" if lifts else "sac"
    steps = {"metaworld": 1_000_000, "ppo": 4_000_000, "sac": 4_000_000}[kind]
    if name == "lift-cube":
        steps = 2_000_000
    if name in ("stack-cube", "open-cabinet-door", "push-chair"):
        steps = 8_000_000
    recipe = TEXT2REWARD[id]
    assert recipe.hyperparameters == PAPER_SETTINGS[kind]
    assert recipe.policy_kwargs == {"net_arch": [256] * (3 if kind == "metaworld" else 2)}
    assert recipe.algo == ("ppo" if kind == "ppo" else "sac")
    assert recipe.horizon == {"metaworld": 500, "ppo": 100, "sac": 200}[kind]
    assert recipe.n_timesteps == steps
    assert recipe.eval_freq == (12_800 if kind == "ppo" else 16_000)
    assert (recipe.n_envs, recipe.normalize, recipe.eval_episodes) == (8, None, 10)
    assert (recipe.until_success, recipe.pool) == (0.0, False)


def test_the_paper_has_a_recipe_for_its_eighteen_manipulation_tasks_alone():
    assert sum(id.startswith("metaworld/") for id in TEXT2REWARD) == 11
    assert sum(id.startswith("tabletop/") for id in TEXT2REWARD) == 7
    assert set(TEXT2REWARD) < {entry.id for entry in tasks()}
    with pytest.raises(UsageError, match=r"locomotion/ant-forward.*preset"):
        preset("text2reward", get_task("locomotion/ant-forward"))


def test_what_the_user_says_wins_over_a_recipe(tmp_path):
    config = prepare(
        get_task("metaworld/drawer-open", horizon=200),
        preset="text2reward",
        n_timesteps=5_000,
        n_envs=3,
        eval_freq=0,
        hyperparameters={"gamma": 0.9},
        policy_kwargs={"net_arch": [8]},
        out=tmp_path,
    ).config
    assert config.task_options == {"horizon": 200}
    assert (config.n_timesteps, config.n_envs, config.eval_freq) == (5_000, 3, 0)
    assert config.hyperparameters["gamma"] == 0.9
    assert config.hyperparameters["batch_size"] == 512
    assert config.policy_kwargs == {"net_arch": [8]}


def test_with_another_algorithm_a_recipe_keeps_its_length_and_says_whose_settings_it_takes(
    tmp_path,
):
    config = prepare("metaworld/drawer-open", preset="text2reward", algo="ppo", out=tmp_path).config
    assert (config.algo, config.preset) == ("ppo", "metaworld")
    assert config.hyperparameters == PRESETS["metaworld"]["ppo"].hyperparameters
    assert (config.n_timesteps, config.task_options) == (1_000_000, {"horizon": 500})


def test_a_preset_that_is_no_recipe_needs_a_number_of_steps(task, tmp_path):
    with pytest.raises(UsageError, match="say how long"):
        prepare(task, out=tmp_path)


def test_unknown_presets_name_recipes_too(task):
    with pytest.raises(UnknownName, match="did you mean text2reward"):
        preset("text2rewrd", task)


def test_a_recipe_does_not_change_the_horizon_of_a_task_that_cannot_be_built_again(make_task):
    mine = replace(make_task(), suite="nobody", id="metaworld/drawer-open")
    assert fitted(mine, "text2reward") is mine


ONE_PER_RECIPE = [
    ("text2reward", "metaworld/drawer-close"),
    ("text2reward", "tabletop/lift-cube"),
    ("text2reward", "tabletop/turn-faucet"),
    *(("fast", next(e.id for e in tasks() if e.suite == suite)) for suite in FAST_SUITES),
]


@pytest.mark.parametrize(("name", "id"), ONE_PER_RECIPE)
def test_every_recipe_builds_and_runs_on_its_suite(name, id, tmp_path):
    if id not in known():
        pytest.skip(f"{id} is not there")
    task = fitted(get_task(id), name)
    _, algo, _ = preset(name, task)
    least = {"learning_starts": 8, "buffer_size": 500, "batch_size": 16}
    if algo == "ppo":
        least = {"n_steps": 8, "batch_size": 16, "n_epochs": 1}
    run = train(
        id,
        preset=name,
        engine="python",
        n_timesteps=16,
        n_envs=2,
        eval_freq=0,
        hyperparameters=least,
        out=tmp_path,
    )
    assert run.status == "finished"
    again = Run.open(run.path)
    assert (again.config.preset, again.config.algo) == (name, algo)
    assert get_task(id, **again.config.task_options).horizon == task.horizon


def test_training_ends_at_success_that_a_second_evaluation_confirms(task, tmp_path):
    run = train(
        task,
        n_timesteps=20_000,
        until_success=0.9,
        eval_freq=500,
        eval_episodes=5,
        n_envs=4,
        hyperparameters={"n_steps": 64, "batch_size": 64},
        out=tmp_path,
    )
    last = run.evaluations[-1]
    assert run.status == "finished"
    assert last["timesteps"] < 20_000
    assert last["success"] >= 0.9
    assert last["confirmed"] >= 0.9
    assert all(row["success"] < 0.9 or row["confirmed"] < 0.9 for row in run.evaluations[:-1])
    assert (run.path / "final" / "policy.npz").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"until_success": 1.5}, "share from 0 to 1"),
        ({"until_success": 0.5, "eval_freq": 0}, "needs evaluations"),
    ],
)
def test_a_success_that_cannot_be_reached_is_refused(task, settings, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        prepare(task, n_timesteps=100, out=tmp_path, **settings)


def test_a_task_without_a_signal_cannot_end_at_success(make_task, tmp_path):
    with pytest.raises(UsageError, match="no success signal"):
        prepare(make_task(success=False), n_timesteps=100, until_success=0.5, out=tmp_path)


@pytest.mark.parametrize("name", ["fast", "text2reward"])
def test_a_run_can_be_made_again_from_its_configuration(name, tmp_path):
    """As the next round of `rewardlab run --rounds` is made."""
    config = prepare("metaworld/door-close", preset=name, out=tmp_path).config
    same = asdict(config)
    for said in ("task", "task_options", "reward"):
        del same[said]
    task = get_task(config.task, **config.task_options)
    again = prepare(task, config.reward, **same, name="again", out=tmp_path)
    assert again.config == config
