"""Samples as files: text in lines of JSON, numbers in an .npz; reading them executes nothing.

Of a set `NAME` there are three: `NAME.jsonl` has a sample per line, `NAME.views.jsonl` the words
of a view per line, `NAME.npz` the numbers of all views. A view that several samples share is kept
once. Equal samples make equal bytes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from rewardlab.e2cl.samples import KINDS, Explored, Origin, Sample
from rewardlab.e2cl.world import END, Action, Language, Tried, View
from rewardlab.errors import StorageError
from rewardlab.store.files import storage_error, write_bytes

_T = TypeVar("_T")
_ARRAYS = ("count", "ids", "classes", "features", "context")
_MAX_BYTES = 2_000_000_000
"""A larger file is none of ours."""


class Loaded(NamedTuple):
    """Samples read from files, and which of their lines could not be read."""

    explored: Explored
    damaged: tuple[str, ...] = ()


def save(folder: Path, name: str, explored: Explored) -> None:
    """Write a set of samples into a folder."""
    views = list({id(sample.view): sample.view for sample in explored.samples}.values())
    numbers = {id(view): number for number, view in enumerate(views)}
    head = {"samples": len(explored.samples), "lost": explored.lost}
    rows = (_sample_row(sample, numbers[id(sample.view)]) for sample in explored.samples)
    write_bytes(folder / f"{name}.npz", _packed(views))
    write_bytes(folder / f"{name}.views.jsonl", _lines(map(_view_row, views)))
    write_bytes(folder / f"{name}.jsonl", _lines([head, *rows]))


def load(folder: Path, name: str, language: Language) -> Loaded | None:
    """Read a set of samples; None if there is none.

    A line that cannot be read, or says what the language does not know, is named and left out,
    with the samples that need it.

    Raises:
        StorageError: The numbers, or a file as a whole, cannot be read.
    """
    path = folder / f"{name}.jsonl"
    if not path.exists():
        return None
    arrays = _unpacked(folder / f"{name}.npz")
    damaged: list[str] = []
    texts = folder / f"{name}.views.jsonl"
    views = _read(texts, lambda row, i: _view(row, arrays, i), damaged)
    if len(views) != len(arrays["count"]):
        raise StorageError(
            f"{texts} is damaged: {len(views)} views, and {len(arrays['count'])} in {name}.npz; "
            "delete this set's files and train again"
        )
    check = _Check(language)
    samples = _read(path, lambda row, i: check(_sample(row, views)) if i else None, damaged)[1:]
    head = _head(path)
    if len(samples) != head["samples"]:
        damaged.append(f"{path}: {len(samples)} samples of {head['samples']}")
    kept = tuple(sample for sample in samples if sample is not None)
    return Loaded(Explored(kept, head["lost"]), tuple(damaged))


def _lines(rows: Iterable[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows).encode()


def _sample_row(sample: Sample, view: int) -> dict[str, Any]:
    row = {
        "kind": sample.kind,
        "view": view,
        "action": sample.action,
        "answer": sample.answer,
        "failed": sample.failed,
        "error": sample.error,
        "origin": sample.origin,
    }
    return {key: value for key, value in row.items() if value is not None}


def _view_row(view: View) -> dict[str, Any]:
    told = {"task": view.task, "words": view.words, "names": view.names, "history": view.history}
    return told | ({"seen": view.seen} if view.seen else {})


def _packed(views: Sequence[View]) -> bytes:
    arrays = {
        "count": np.array([len(view.ids) for view in views], np.int64),
        "ids": np.array([i for view in views for i in view.ids], np.int64),
        "classes": np.concatenate([view.classes for view in views]),
        "features": np.concatenate([view.features for view in views]),
        "context": np.stack([view.context for view in views]),
    }
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def _unpacked(path: Path) -> dict[str, Any]:
    """Return the arrays; `at` holds where each view's objects begin."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            arrays: dict[str, Any] = {key: file[key] for key in _ARRAYS}
        arrays["at"] = np.concatenate([[0], np.cumsum(arrays["count"])])
        if any(len(arrays[key]) != arrays["at"][-1] for key in ("ids", "classes", "features")):
            raise ValueError("its arrays do not belong together")
    except OSError as error:
        raise storage_error(path, error) from error
    except (ValueError, KeyError, EOFError, BadZipFile) as error:
        raise StorageError(
            f"{path} is damaged: {error}; delete this set's files and train again"
        ) from error
    return arrays


def _read(
    path: Path, make: Callable[[dict[str, Any], int], _T], damaged: list[str]
) -> list[_T | None]:
    """Return what each line makes, None where it is damaged, and name that line."""
    made: list[_T | None] = []
    for i, line in enumerate(_text(path).splitlines()):
        try:
            made.append(make(json.loads(line), i))
        except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
            made.append(None)
            damaged.append(f"{path}, line {i + 1}: {type(error).__name__}: {error}")
    return made


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise StorageError(f"{path} is damaged: it is larger than {_MAX_BYTES:,} bytes")
        return path.read_text("utf-8", errors="replace")
    except OSError as error:
        raise storage_error(path, error) from error


def _head(path: Path) -> dict[str, int]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            row = json.loads(file.readline())
        return {"samples": int(row["samples"]), "lost": int(row["lost"])}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise StorageError(
            f"{path} is damaged: line 1: {error}; delete this set's files and train again"
        ) from error


class _Check:
    """Passes on samples that a language knows, and raises ValueError for others."""

    def __init__(self, language: Language) -> None:
        self._arity = {verb.name: verb.arity for verb in language.verbs} | {END.verb: 0}
        self._kinds = set(language.kinds)

    def __call__(self, sample: Sample) -> Sample:
        for action in (sample.action, sample.failed):
            if action is None:
                continue
            if self._arity.get(action.verb) != len(action.objects):
                raise ValueError(f"no verb {action.verb!r} of {len(action.objects)} objects")
            if not set(action.objects) <= set(sample.view.ids):
                raise ValueError(f"objects {action.objects} are not in view")
        for kind in (sample.answer, sample.error):
            if kind is not None and kind not in self._kinds:
                raise ValueError(f"no kind of feedback is called {kind!r}")
        if (sample.kind == "feedback") != (sample.answer is not None):
            raise ValueError(f"a sample of kind {sample.kind} with the answer {sample.answer!r}")
        if len({sample.kind == "correct", sample.failed is not None, sample.error is not None}) > 1:
            raise ValueError("a failed action and its error belong to corrections, and only there")
        return sample


def _view(row: dict[str, Any], arrays: dict[str, npt.NDArray[Any]], i: int) -> View:
    first, last = arrays["at"][i], arrays["at"][i + 1]
    return View(
        task=str(row["task"]),
        words=tuple(map(str, row["words"])),
        ids=tuple(map(int, arrays["ids"][first:last])),
        names=tuple(map(str, row["names"])),
        classes=arrays["classes"][first:last],
        features=arrays["features"][first:last],
        context=arrays["context"][i],
        history=tuple(Tried(_action(action), str(kind)) for action, kind in row["history"]),
        seen=str(row.get("seen", "")),
    )


def _sample(row: dict[str, Any], views: Sequence[View | None]) -> Sample:
    view = views[row["view"]]
    if view is None:
        raise ValueError("its view is damaged")
    if row["kind"] not in KINDS:
        raise ValueError(f"no kind of sample is called {row['kind']!r}")
    episode, step, seed, phase = row["origin"]
    return Sample(
        kind=row["kind"],
        view=view,
        action=_action(row["action"]),
        origin=Origin(str(episode), int(step), int(seed), str(phase)),
        answer=row.get("answer"),
        failed=_action(row["failed"]) if "failed" in row else None,
        error=row.get("error"),
    )


def _action(row: Sequence[Any]) -> Action:
    verb, objects = row
    return Action(str(verb), tuple(map(int, objects)))
