import numpy as np
import pytest
import torch

from rewardlab.errors import StorageError
from rewardlab.training import tensors


def test_nested_values_come_back(tmp_path):
    tensors.save(
        tmp_path / "a.npz", {"a": np.arange(3), "b": [torch.ones(2), {"c": 1.5}], "d": "x"}
    )
    back = tensors.load(tmp_path / "a.npz")
    assert back["a"].tolist() == [0, 1, 2]
    assert back["b"][0].tolist() == [1, 1]
    assert (back["b"][1], back["d"]) == ({"c": 1.5}, "x")


@pytest.mark.parametrize("start", [b"", b"\x80\x02", b"PK\x03\x04", b"0\n", b"(lp0\n", b"\xff\xfe"])
def test_no_damaged_file_is_an_error_of_ours(start, tmp_path):
    for i in range(20):
        noise = np.random.default_rng(i).bytes(64)
        (tmp_path / "a.npz").write_bytes(start + noise)
        with pytest.raises(StorageError, match="damaged or holds more than numbers"):
            tensors.load(tmp_path / "a.npz")


def test_what_cannot_be_written_is_an_error_of_the_system(tmp_path):
    with pytest.raises(OSError, match="Is a directory"):
        tensors.save(tmp_path, {"a": 1})
