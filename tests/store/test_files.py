import errno
import os
import resource
import stat

import pytest

from rewardlab.errors import StorageError, UsageError
from rewardlab.store.files import (
    append_json,
    check_name,
    read_json,
    read_json_lines,
    run_folder,
    storage_error,
    write_json,
    write_text,
)


@pytest.mark.parametrize("name", ["a", "drawer-close-ppo-s0.2", "A_b", "9" * 64])
def test_plain_names_are_allowed(name):
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "../a", ".hidden", "a..b", "x" * 65, "a b", "NUL", "com1.txt", "ä"],
)
def test_names_that_could_lead_elsewhere_are_refused(name):
    with pytest.raises(UsageError, match="cannot be a name"):
        check_name(name)


def test_json_is_read_back(tmp_path):
    write_json(tmp_path / "deep" / "a.json", {"x": [1, 2.5, None]})
    assert read_json(tmp_path / "deep" / "a.json") == {"x": [1, 2.5, None]}
    assert read_json(tmp_path / "none.json") is None


def test_damaged_json_is_named(tmp_path):
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(StorageError, match=r"a\.json is damaged"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(StorageError, match=r"a\.json is damaged: it holds a list"):
        read_json(tmp_path / "a.json")


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(StorageError, match=r"a\.txt"):
            write_text(tmp_path / "a.txt", "new" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "a.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_full_disk_is_said_so(tmp_path):
    error = storage_error(tmp_path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert "the disk is full" in str(error)


def test_private_files_are_for_their_owner_only(tmp_path):
    write_json(tmp_path / "a.json", {}, private=True)
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o600


def test_a_line_cut_off_by_a_crash_costs_only_itself(tmp_path):
    path = tmp_path / "rows.jsonl"
    append_json(path, {"a": 1})
    with path.open("a") as file:
        file.write('{"a": 2')
    append_json(path, {"a": 3})
    assert read_json_lines(path) == [{"a": 1}, {"a": 3}]


def test_a_folder_that_no_log_can_name_holds_no_runs():
    with pytest.raises(UsageError, match="its name is not UTF-8"):
        run_folder("o\udcffut", "run")
    assert run_folder("größe \u4e2d", "run").name == "run"
