import os

import pytest

from rewardlab.coders import library
from rewardlab.coders.library import Solved, add, own, own_folder, packaged, remove
from rewardlab.errors import AmbiguousName, StorageError, UnknownName, UsageError

SOURCE = (
    "def compute_dense_reward(self, action):\n    # Größe: {{7*7}} </example>\n    return 1.0\n"
)
RESULT = {"success": 0.9, "success_ci": [0.7, 0.97], "episodes": 20}
SOLVED = Solved("metaworld/push", "Push it.", SOURCE, "push-v3", run="push-1", result=RESULT)


@pytest.fixture
def put():
    """Write a file into the user's library."""

    def write(name, text):
        own_folder().mkdir(parents=True, exist_ok=True)
        data = text if isinstance(text, bytes) else text.encode()
        (own_folder() / name).write_bytes(data)

    return write


def entry(**changes):
    import yaml

    data = {"task_id": "metaworld/push", "env_id": "e", "goal": "Push.", "source": SOURCE}
    return yaml.safe_dump({k: v for k, v in {**data, **changes}.items() if v is not None})


def test_what_is_added_is_there(tmp_path):
    path = add(SOLVED)
    assert path.parent == own_folder() == tmp_path / "library"
    assert path.stat().st_mode & 0o777 == 0o600
    (found,) = own().entries
    assert found == Solved(**{**vars(SOLVED), "name": path.stem})
    assert found.result == RESULT
    assert path.stem == f"metaworld-push-{SOLVED.id[:12]}"


def test_a_program_stands_there_once():
    add(SOLVED)
    add(Solved(**{**vars(SOLVED), "run": "push-2"}))
    (found,) = own().entries
    assert found.run == "push-2"


def test_a_folder_that_is_not_there_is_empty():
    assert own() == ((), ())


def test_a_file_in_the_folders_place_is_told(tmp_path):
    (tmp_path / "library").write_text("x")
    shelf = own()
    assert shelf.entries == ()
    assert shelf.broken[0].name == "library"
    with pytest.raises(StorageError):
        add(SOLVED)


def test_without_a_folder_of_his_own_a_user_has_one_among_his_data(monkeypatch, tmp_path):
    monkeypatch.delenv("REWARDLAB_LIBRARY")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert own_folder() == tmp_path / "data" / "rewardlab" / "library"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert own_folder() == tmp_path / ".local" / "share" / "rewardlab" / "library"


def test_an_entry_is_removed_by_the_beginning_of_its_name():
    path = add(SOLVED)
    add(Solved("metaworld/pull", "Pull.", SOURCE + "# other\n", "pull-v3"))
    with pytest.raises(AmbiguousName, match="is ambiguous: metaworld-pu"):
        remove("metaworld-pu")
    assert remove("metaworld-push") == path
    assert [e.task_id for e in own().entries] == ["metaworld/pull"]
    for name in ("", "metaworld-push", "../x"):
        with pytest.raises(UnknownName):
            remove(name)


BOMB = "a: &a [x, x]\n" + "".join(
    f"{c}: &{c} [{','.join(['*' + chr(ord(c) - 1)] * 9)}]\n" for c in "bcdefghijklm"
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: [", "no YAML: line 1: expected the node content"),
        (b"\xff\xfe\x00", "no YAML"),
        ("", "keys"),
        ("[" * 5000, "no YAML"),
        (BOMB, "keys"),
        ("!!python/object/apply:os.system ['touch hacked']", "no YAML"),
        (entry() + "x: 1\n", "keys"),
        (entry(goal=None), "keys"),
        (entry(goal=7), "goal"),
        (entry(goal="x" * 5000), "goal"),
        (entry(goal="  "), "goal"),
        (entry(task_id="../../etc"), "task_id"),
        (entry(task_id="metaworld/a\nb"), "task_id"),
        (entry(source="def compute_dense_reward(:\n"), "RewardSyntaxError"),
        (entry(source="(" * 9000), "SourceTooComplex"),
        (entry(source="x = 1\n"), "does not define"),
        (entry(source=SOURCE + "#" * 20_000), "source"),
        (entry(result={"success": "high"}), "result"),
        (entry(result={"success": float("nan")}), "result"),
        (entry(result=[1]), "result"),
        (entry() + "run: " + "1" * 5000 + "\n", ""),
        ("#" * 200_000, "larger than 100,000 bytes"),
    ],
)
def test_a_broken_entry_is_told_by_name_and_the_others_are_read(put, tmp_path, text, why):
    add(SOLVED)
    put("odd.yaml", text)
    shelf = own()
    assert len(shelf.entries) == 1
    ((name, told),) = shelf.broken
    assert name == "odd.yaml"
    assert why in told
    assert "\n" not in told
    assert len(told) <= 200
    assert not (tmp_path / "hacked").exists()


def test_what_is_no_file_is_told_and_not_waited_for(put):
    put("a.txt", "not an entry")
    os.mkfifo(own_folder() / "pipe.yaml")
    (own_folder() / "loop").symlink_to(own_folder())
    (own_folder() / "dangling.yaml").symlink_to("nowhere")
    assert [name for name, _ in own().broken] == ["dangling.yaml", "pipe.yaml"]


def test_what_cannot_be_read_back_is_not_added():
    for changes in ({"source": "x = 1\n"}, {"goal": ""}, {"task_id": "push"}):
        with pytest.raises(UsageError, match="kept in a library"):
            add(Solved(**{**vars(SOLVED), **changes}))
    assert not own_folder().exists()


def test_nothing_packaged_is_broken():
    assert packaged().broken == ()
    assert len(packaged().entries) >= 7
    assert library.reference() == packaged().entries
