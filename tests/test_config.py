from pathlib import Path

import pytest

from rewardlab.config import RunConfig, read_yaml
from rewardlab.errors import ConfigError


def test_a_config_is_read_back_as_it_was_written(tmp_path):
    config = RunConfig(
        "metaworld/drawer-open",
        1000,
        policy_kwargs={"net_arch": [64, 64]},
        normalize={"norm_obs": True},
        task_options={"horizon": 50},
    )
    config.save(tmp_path / "config.yaml")
    assert RunConfig.load(tmp_path / "config.yaml") == config


def test_an_unknown_key_names_the_closest(tmp_path):
    (tmp_path / "c.yaml").write_text("task: a/b\nn_timestep: 5\n")
    with pytest.raises(ConfigError, match=r"unknown key 'n_timestep'; did you mean 'n_timesteps'"):
        RunConfig.load(tmp_path / "c.yaml")


def test_a_missing_key_is_named(tmp_path):
    (tmp_path / "c.yaml").write_text("task: a/b\n")
    with pytest.raises(ConfigError, match="n_timesteps"):
        RunConfig.load(tmp_path / "c.yaml")


def test_values_that_no_file_can_hold_are_refused_and_nothing_is_written(tmp_path):
    config = RunConfig("a/b", 1, hyperparameters={"learning_rate": lambda progress: progress})
    with pytest.raises(ConfigError, match="settings must be numbers, text, lists or mappings"):
        config.save(tmp_path / "config.yaml")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1, 2\nb: 3\n", "line 2"),
        ("- 1\n- 2\n", "expected 'key: value' lines, got list"),
        ("", "expected 'key: value' lines, got NoneType"),
        ("a: \x00\n", "c.yaml"),
    ],
)
def test_yaml_that_cannot_be_used_is_reported_in_one_line(text, message, tmp_path):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message) as error:
        read_yaml(tmp_path / "c.yaml")
    assert "\n" not in str(error.value)


def test_files_that_cannot_be_read_say_why(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        read_yaml(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes("a: \xe4".encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_yaml(tmp_path / "latin.yaml")


def test_yaml_never_makes_objects(tmp_path):
    (tmp_path / "c.yaml").write_text("a: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(ConfigError, match="could not determine a constructor"):
        read_yaml(tmp_path / "c.yaml")


def test_a_file_without_an_end_is_read_no_further():
    with pytest.raises(ConfigError, match="larger than 1,000,000 bytes"):
        read_yaml(Path("/dev/zero"))
