"""Work on many episodes in several processes."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

import torch

from rewardlab.e2cl.world import World
from rewardlab.errors import RewardlabError

_T = TypeVar("_T")
_CHUNK = 8
"""Episodes that go to a process at a time, with one copy of a policy."""
_world: World | None = None


class Workers:
    """Processes that each hold a world, or none: then all is done here.

    Args:
        world: That functions get as their first argument.
        pool: The processes.
    """

    def __init__(self, world: World, pool: ProcessPoolExecutor | None) -> None:
        self.world, self._pool = world, pool

    def each(
        self, function: Callable[..., _T], episodes: Sequence[str], *rest: Any
    ) -> Iterator[_T]:
        """Yield `function(world, episode, *rest)` of each episode, in their order."""
        chunks = [episodes[i : i + _CHUNK] for i in range(0, len(episodes), _CHUNK)]
        for made in self.calls(_each, [(function, chunk, *rest) for chunk in chunks]):
            yield from made

    def calls(self, function: Callable[..., _T], calls: Iterable[Sequence[Any]]) -> Iterator[_T]:
        """Yield `function(world, *call)` of each call, in their order."""
        if self._pool is None:
            yield from (function(self.world, *call) for call in calls)
            return
        futures = [self._pool.submit(_called, function, *call) for call in calls]
        try:
            for future in futures:
                yield future.result()
        except BrokenProcessPool as error:
            raise RewardlabError(
                "a worker process died, perhaps for lack of memory; what is done is kept: go on "
                "with fewer --workers"
            ) from error
        finally:
            for future in futures:
                future.cancel()


@contextmanager
def workers(world: World, n: int) -> Iterator[Workers]:
    """Open `n` processes for the length of a `with` block; of one, this process is it.

    Torch computes on one thread here and there: small networks are fastest so, and sums do not
    depend on the machine's cores.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        if n <= 1:
            yield Workers(world, None)
            return
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["torch", "rewardlab.e2cl.arms"])
        with ProcessPoolExecutor(n, context, _hold, (world,)) as pool:
            yield Workers(world, pool)
    finally:
        torch.set_num_threads(before)


def _hold(world: World) -> None:
    global _world
    _world = world
    sys.stdout = sys.stderr  # whatever libraries print must not mix with the parent's answer
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C is told once, by the parent
    torch.set_num_threads(1)


def _called(function: Callable[..., _T], *call: Any) -> _T:
    return function(_world, *call)


def _each(
    world: World, function: Callable[..., _T], episodes: Sequence[str], *rest: Any
) -> list[_T]:
    return [function(world, episode, *rest) for episode in episodes]
