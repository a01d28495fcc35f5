import numpy as np
import pytest

from rewardlab.e2cl.phases import demonstrate, free, guided, repair
from rewardlab.e2cl.samples import merged
from rewardlab.e2cl.stored import load, save
from rewardlab.e2cl.workers import workers
from rewardlab.errors import StorageError


@pytest.fixture
def stored(tmp_path, explored):
    save(tmp_path, "both", explored)
    return tmp_path


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def told(sample):
    view = sample.view
    arrays = (view.classes, view.features, view.context)
    text = (view.task, view.words, view.ids, view.names, view.history)
    rest = (sample.kind, sample.action, sample.answer, sample.failed, sample.error, sample.origin)
    return [*text, *rest, *((a.dtype, a.shape, a.tobytes()) for a in arrays)]


def test_samples_come_back_as_they_were(stored, explored, toy):
    back = load(stored, "both", toy.language)
    assert back.damaged == ()
    assert [told(s) for s in back.explored.samples] == [told(s) for s in explored.samples]
    assert back.explored.lost == explored.lost
    views = {id(s.view) for s in back.explored.samples}
    assert len(views) == len({id(s.view) for s in explored.samples})  # shared ones still are


def test_equal_samples_make_equal_bytes(stored, tmp_path, toy):
    save(tmp_path / "again", "both", load(stored, "both", toy.language).explored)
    assert files(tmp_path / "again").items() <= files(stored).items()


def test_none_is_no_error(tmp_path, toy):
    assert load(tmp_path, "both", toy.language) is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "JSONDecodeError"),
        ("[]", "TypeError"),
        ('{"kind":"plan"}', "'view'"),
        ('{"kind":"plan","view":0,"action":["fly",[]],"origin":["0",0,0,"x"]}', "no verb 'fly'"),
        ('{"kind":"plan","view":0,"action":["walk",[99]],"origin":["0",0,0,"x"]}', "not in view"),
        ('{"kind":"hope","view":0,"action":["stand",[]],"origin":["0",0,0,"x"]}', "'hope'"),
        (
            '{"kind":"feedback","view":0,"action":["stand",[]],"answer":"no","origin":["0",0,0,"x"]}',
            "no kind of feedback is called 'no'",
        ),
        ('{"kind":"correct","view":0,"action":["stand",[]],"origin":["0",0,0,"x"]}', "corrections"),
    ],
)
def test_a_corrupt_line_is_named_and_the_rest_kept(stored, explored, toy, line, why):
    path = stored / "both.jsonl"
    lines = path.read_text().splitlines()
    lines[3] = line
    path.write_text("\n".join(lines) + "\n")
    back = load(stored, "both", toy.language)
    (named,) = back.damaged
    assert named.startswith(f"{path}, line 4: ")
    assert why in named
    assert len(back.explored.samples) == len(explored.samples) - 1


def test_a_corrupt_view_takes_its_samples_with_it(stored, explored, toy):
    path = stored / "both.views.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(["?", *lines[1:]]) + "\n")
    back = load(stored, "both", toy.language)
    first = sum(s.view is explored.samples[0].view for s in explored.samples)
    assert back.damaged[0].startswith(f"{path}, line 1: ")
    assert len(back.damaged) == 1 + first
    assert len(back.explored.samples) == len(explored.samples) - first


def test_a_cut_file_says_how_much_is_missing(stored, explored, toy):
    path = stored / "both.jsonl"
    path.write_text("\n".join(path.read_text().splitlines()[:-2]) + "\n")
    n = len(explored.samples)
    assert load(stored, "both", toy.language).damaged == (f"{path}: {n - 2} samples of {n}",)


def test_corrupt_numbers_are_refused(stored, toy):
    path = stored / "both.npz"
    good = path.read_bytes()
    path.write_bytes(good[: len(good) // 2])
    with pytest.raises(StorageError, match=r"both\.npz is damaged"):
        load(stored, "both", toy.language)
    np.savez(path, count=np.array([{}], object), allow_pickle=True)
    with pytest.raises(StorageError, match=r"both\.npz is damaged"):
        load(stored, "both", toy.language)


def test_the_number_of_processes_changes_no_byte(tmp_path, toy, novice):
    episodes = (*toy.episodes("train"), "bad")
    phases = {demonstrate: (), guided: (novice,), free: (novice, repair)}
    for n in (1, 4):
        with workers(toy, n) as pool:
            for phase, rest in phases.items():
                found = merged(pool.each(phase, episodes, 0, *rest), phase.__name__)
                save(tmp_path / str(n), phase.__name__, found)
    assert files(tmp_path / "1") == files(tmp_path / "4")
    assert len(files(tmp_path / "1")) == 9
