"""A worker may write anything into its reply: the parent takes it or refuses it, never more."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardlab.sandbox import frames
from rewardlab.sandbox.frames import Violation, clean, decode, layout

PLACE = layout(7, 0)


def reply(
    n: int = 2, k: int = 1, seq: int = 5, names: bytes = b"a", error: bytes = b""
) -> bytearray:
    memory = bytearray(PLACE.size)
    header = (frames.MAGIC, seq, n, k, len(names), len(error), 3, 0)
    frames.REPLY.pack_into(memory, PLACE.reply_at, *header)
    block = np.zeros((n, 3 + k))
    block[:, 1] = 1.5
    block[:, 2].view(np.uint64)[:] = (1 << k) - 1
    memory[PLACE.block_at : PLACE.block_at + block.nbytes] = block.tobytes()
    memory[PLACE.text_at : PLACE.text_at + len(names + error)] = names + error
    return memory


def test_an_honest_reply_is_read() -> None:
    got = decode(reply(), PLACE, seq=5, n=2, known=())
    assert got.reward.tolist() == [1.5, 1.5]
    assert got.names == ("a",)
    assert got.present.all()
    assert got.line == 3


@pytest.mark.parametrize(
    "options",
    [
        {"seq": 4},
        {"n": 3},
        {"k": 0},
        {"k": 2},
        {"names": b"bad name"},
        {"names": b"a\na", "k": 2},
        {"names": b"\xff"},
        {"names": b""},
    ],
)
def test_a_dishonest_header_is_refused(options: dict) -> None:
    with pytest.raises(Violation):
        decode(reply(**options), PLACE, seq=5, n=2, known=())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("column", [1, 3])
def test_values_that_are_not_finite_are_refused(bad: float, column: int) -> None:
    memory = reply()
    np.frombuffer(memory, np.float64, 8, PLACE.block_at)[4 + column] = bad
    with pytest.raises(Violation):
        decode(memory, PLACE, seq=5, n=2, known=())


def test_values_whose_sum_is_too_large_are_taken_without_a_warning() -> None:
    memory = reply()
    np.frombuffer(memory, np.float64, 8, PLACE.block_at).reshape(2, 4)[:, 1] = 1.5e308
    assert decode(memory, PLACE, seq=5, n=2, known=()).reward.tolist() == [1.5e308, 1.5e308]


def test_unknown_status_and_mask_are_refused() -> None:
    for column, value in ((0, len(frames.CODES)), (2, 2)):
        memory = reply()
        np.frombuffer(memory, np.uint64, 8, PLACE.block_at)[column] = value
        with pytest.raises(Violation):
            decode(memory, PLACE, seq=5, n=2, known=())


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_bytes_harm_the_parent(data: st.DataObject) -> None:
    memory = reply(error=b"oops")
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(
            st.sampled_from([PLACE.reply_at, PLACE.block_at, PLACE.text_at])
        ) + data.draw(st.integers(0, 71))
        memory[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Violation):
        got = decode(memory, PLACE, seq=5, n=2, known=())
        assert np.isfinite(got.reward).all()
        assert np.isfinite(got.terms).all()
        assert all(frames.TERM_NAME.fullmatch(name) for name in got.names)
        assert got.error.isprintable()


def test_text_becomes_one_harmless_line() -> None:
    text = clean(b"a\nb\x1b[31m" + "\u202e".encode() + b"\xff")
    assert text.isprintable()
    assert "\\n" in text
    assert len(clean("x" * 9999)) == 500
