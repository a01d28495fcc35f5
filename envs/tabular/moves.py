"""Transition arrays from lists of moves, and what the published MDPs do to them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rewardlab.envs.tabular.mdp import Array, TabularMDP


def clean(moves: list[list[int]]) -> Array:
    """Return `T (S, S, A)` of moves that never fail; the terminal state is appended."""
    n_states = len(moves) + 1
    transitions = np.zeros((n_states, n_states, len(moves[0])))
    for s, targets in enumerate([*moves, [n_states - 1] * len(moves[0])]):
        transitions[s, targets, range(len(targets))] = 1.0
    return transitions


def mixed(transitions: Array, noise: float) -> Array:
    """Return T where a share `noise` of the steps takes an action at random."""
    blurred: Array = (1 - noise) * transitions + noise * transitions.mean(axis=2, keepdims=True)
    return blurred


def with_distractor(mdp: TabularMDP, s: int, a: int) -> TabularMDP:
    """Return the MDP with a small reward, .01, for an action that leads nowhere."""
    reward = mdp.R.copy()
    reward[s, a] = 0.01
    return replace(mdp, R=reward)
