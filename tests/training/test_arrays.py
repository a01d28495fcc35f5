"""Files of arrays hold numbers alone, whoever wrote them."""

import contextlib
import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewardlab.errors import StorageError
from rewardlab.training import arrays


class Payload:
    """Unpickled, it writes a file."""

    def __init__(self, canary):
        self.canary = str(canary)

    def __reduce__(self):
        return Path.touch, (Path(self.canary),)


def header(text, data=b""):
    """The bytes of an `.npy` with this header."""
    padded = text.encode() + b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + data


def archive(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in members:
            file.writestr(name, data)
    return path


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def test_arrays_come_back(tmp_path):
    given_ = {
        "a": np.arange(6).reshape(2, 3),
        "b": np.asfortranarray(np.ones((2, 3))),
        "scalar": np.float64(2.5),
        "flag": True,
        "none": np.empty((0, 4), np.float32),
    }
    arrays.save(tmp_path / "a.npz", given_)
    back = arrays.load(tmp_path / "a.npz")
    assert back.keys() == given_.keys()
    for name, array in given_.items():
        np.testing.assert_array_equal(back[name], array)
        assert back[name].dtype == np.asarray(array).dtype
    back["a"][0, 0] = 7  # they can be written to


def test_only_numbers_can_be_saved(tmp_path):
    with pytest.raises(TypeError, match="not numbers"):
        arrays.save(tmp_path / "a.npz", {"a": np.array([object()])})


def test_an_array_of_objects_is_never_unpickled(tmp_path):
    path, canary = tmp_path / "a.npz", tmp_path / "canary"
    np.savez(path, a=np.array([Payload(canary)], dtype=object))
    with np.load(path, allow_pickle=True) as unsafe:  # the payload is live
        _ = unsafe["a"]
    assert canary.exists()
    canary.unlink()
    with pytest.raises(StorageError, match="holds object, not numbers"):
        arrays.load(path)
    assert not canary.exists()


def test_a_pickle_in_place_of_an_archive_or_a_member_is_never_read(tmp_path):
    canary = tmp_path / "canary"
    evil = pickle.dumps(Payload(canary))
    pickle.loads(evil)
    assert canary.exists()
    canary.unlink()
    (tmp_path / "plain.npz").write_bytes(evil)
    archive(tmp_path / "member.npz", [("a.npy", evil)])
    for name in ("plain", "member"):
        with pytest.raises(StorageError, match="never unpickles"):
            arrays.load(tmp_path / f"{name}.npz")
    assert not canary.exists()


HUGE = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }"
BAD = {
    "a path": [("../a.npy", npy(np.ones(2)))],
    "an absolute path": [("/tmp/a.npy", npy(np.ones(2)))],
    "another kind of file": [("data.pkl", b"x")],
    "one name twice": [("a.npy", npy(np.ones(2))), ("a.npy", npy(np.ones(2)))],
    "a header that claims terabytes": [("a.npy", header(HUGE))],
    "a negative shape": [
        ("a.npy", header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,-1), }", b"8" * 8))
    ],
    "a header that is code": [("a.npy", header("__import__('os').abort()"))],
    "a deep header": [("a.npy", header("(" * 3000 + ")" * 3000))],
    "a long header": [("a.npy", header(HUGE + " " * 60_000))],
    "text": [("a.npy", npy(np.array(["abc"])))],
    "records": [("a.npy", npy(np.zeros(2, [("x", "f8")])))],
    "too little data": [("a.npy", npy(np.ones(9))[:-8])],
    "too much data": [("a.npy", npy(np.ones(9)) + b"more")],
    "another version": [("a.npy", npy(np.ones(9)).replace(b"NUMPY\x01", b"NUMPY\x03"))],
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("what", BAD)
def test_a_crafted_archive_is_one_line(what, tmp_path):
    path = archive(tmp_path / "a.npz", BAD[what])
    with pytest.raises(StorageError, match="damaged or holds more than numbers") as raised:
        arrays.load(path)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 600


def test_a_zip_bomb_is_refused_before_anything_is_unpacked(tmp_path):
    bomb = npy(np.zeros(50_000_000, np.uint8))
    path = archive(tmp_path / "a.npz", [("a.npy", bomb)], zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < len(bomb) // 100
    with pytest.raises(StorageError, match="compressed"):
        arrays.load(path)


def test_members_that_overlap_cannot_add_up_to_more_than_the_file(tmp_path):
    path = archive(tmp_path / "a.npz", [("a.npy", npy(np.zeros(100_000))), ("b.npy", b"")])
    raw = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as whole:
        first = whole.getinfo("a.npy")
    # the second entry of the directory points at the first one's data
    second = raw.rindex(b"PK\x01\x02")
    raw[second + 20 : second + 24] = raw[second + 24 : second + 28] = first.file_size.to_bytes(
        4, "little"
    )
    raw[second + 42 : second + 46] = (0).to_bytes(4, "little")
    path.write_bytes(raw)
    with pytest.raises(StorageError, match="larger than the file"):
        arrays.load(path)


def test_a_member_that_is_a_symbolic_link_leads_nowhere(tmp_path):
    (tmp_path / "secret").write_text("secret")
    link = zipfile.ZipInfo("a.npy")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr(link, str(tmp_path / "secret"))
    with pytest.raises(StorageError) as raised:
        arrays.load(tmp_path / "a.npz")
    assert "secret" not in str(raised.value).removeprefix(str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == ["a.npz", "secret"]


GOOD = io.BytesIO()
np.savez(GOOD, a=np.arange(5.0), b=np.ones((2, 2), np.float32))


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_whatever_is_changed_in_a_file_gives_arrays_or_an_error_of_ours(tmp_path, data):
    raw = bytearray(GOOD.getvalue())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] = data.draw(st.integers(0, 255))
    del raw[data.draw(st.integers(len(raw) - 40, len(raw))) :]
    path = tmp_path / "a.npz"
    path.write_bytes(raw)
    with contextlib.suppress(StorageError):
        assert all(isinstance(array, np.ndarray) for array in arrays.load(path).values())
