"""SORS: a reward that ranks trajectories as the sparse one does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, get_args

import gymnasium as gym
import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from rewardlab.errors import UnknownName
from rewardlab.shapers import options
from rewardlab.shapers.base import Array, Invariance, Shaped, Shaper, Transitions
from rewardlab.shapers.episodes import Episode, Episodes
from rewardlab.shapers.nets import Encoder, RunningMoments, mlp
from rewardlab.shapers.steps import Collected, Steps
from rewardlab.shapers.view import PolicyView

Form: TypeAlias = Literal["reward", "potential"]

_PARTS = ("net", "optimizer", "seen", "steps", "episodes")


class SORS(Shaper):
    """Learn a dense reward from the ranks that the extrinsic one gives to whole episodes.

    For pairs of episodes whose extrinsic returns differ, r_φ follows −log σ(G_φ(τ_hi) − G_φ(τ_lo)),
    G_φ(τ) = Σ_t γ^t r_φ (Memarian, Goo, Lioutikov, Niekum, Topcu, *Self-Supervised Online Reward
    Shaping in Sparse-Reward Environments*, 2021). Equal returns are no pair.

    - `form="reward"`: pays r_ext + r_φ(s, a): it adds to the extrinsic reward, where the authors
      replace it by r_φ. Adding is what the baseline of ExploRS does, and keeps the extrinsic reward
      where ranks say nothing yet.
    - `form="potential"`: pays r_ext + γ·r_φ(s′) − r_φ(s), with 0 for a terminated successor, so
      that optimal policies stay optimal whatever was learned.

    r_φ has three hidden ReLU layers and begins at 0. Observations are whitened by their running
    mean and deviation and clipped to ±5 (not in the paper). Off-policy, sampled transitions get
    today's reward.

    Args:
        form: What r_φ is.
        weight: Multiplies what is added.
        memory: Episodes that pairs are drawn from, the latest ones.
        n_pairs: Pairs per gradient.
        gradients: Steps of Adam per update.
        lr: Its step size.
        weight_decay: Its weight decay.
        hidden: Units of each hidden layer.

    Raises:
        UsageError: A number is out of its range, or there is no such form.
    """

    def __init__(
        self,
        *,
        form: Form = "reward",
        weight: float = 1.0,
        memory: int = 50,
        n_pairs: int = 10,
        gradients: int = 20,
        lr: float = 5e-5,
        weight_decay: float = 1e-3,
        hidden: int = 64,
    ) -> None:
        if form not in get_args(Form):
            raise UnknownName("form of SORS", str(form), get_args(Form))
        options.finite("SORS", weight=weight)
        options.whole("SORS", least=2, memory=memory)
        options.whole("SORS", n_pairs=n_pairs, gradients=gradients, hidden=hidden)
        options.positive("SORS", lr=lr)
        options.not_negative("SORS", weight_decay=weight_decay)
        self._form, self._weight, self._hidden = form, weight, hidden
        self._size, self._n_pairs, self._gradients = memory, n_pairs, gradients
        self._lr, self._weight_decay = lr, weight_decay

    @property
    def invariance(self) -> Invariance:  # type: ignore[override]
        """`"exact"` as a potential."""
        return "exact" if self._form == "potential" else "none"

    def bind(
        self,
        observation_space: gym.Space[Any],
        action_space: gym.Space[Any],
        *,
        gamma: float,
        n_envs: int,
        seed: int,
    ) -> None:
        """Build the network from the seed."""
        super().bind(observation_space, action_space, gamma=gamma, n_envs=n_envs, seed=seed)
        self._discount = gamma
        self._encode, self._encode_action = Encoder(observation_space), Encoder(action_space)
        self._random = torch.Generator().manual_seed(seed)
        n_inputs = self._encode.width
        if self._form == "reward":
            n_inputs += self._encode_action.width
        sizes = [n_inputs, *[self._hidden] * 3, 1]
        self._net = mlp(sizes, self._random, last_gain=0.0)
        self._optimizer = torch.optim.Adam(
            self._net.parameters(), lr=self._lr, weight_decay=self._weight_decay
        )
        self._seen, self._steps = RunningMoments(n_inputs), Steps()
        self._episodes, self._memory = Episodes(n_envs), list[Episode]()

    def begin(self, obs: Any, env_id: npt.NDArray[np.int64]) -> None:
        """Episodes start; what was left before its end, as when a run is stopped, is cut off."""
        if len(self._steps):
            self._steps.cut(env_id)
        else:
            self._episodes.drop(env_id)

    def shape(self, batch: Transitions) -> Shaped:
        """Add what was learned."""
        added = self._weight * self._added(batch)
        return Shaped(batch.r_ext + added, {"sors": added})

    def observe(self, batch: Transitions) -> None:
        """Keep the step until its episode has ended."""
        self._steps.add(batch)

    def update(self, policy: PolicyView) -> dict[str, float]:
        """Learn to rank the latest episodes."""
        if len(self._steps):
            ended = self._ended(self._steps.take())
            self._memory = [*self._memory, *ended][-self._size :]
        pairs = ranked([self._return(e["r_ext"]) for e in self._memory])
        found = {"pairs": float(len(pairs)), "episodes": float(len(self._memory))}
        if not len(pairs):
            return found
        losses = [self._learn(pairs) for _ in range(self._gradients)]
        return found | {"ranking_loss": float(np.mean(losses))}

    def state_dict(self) -> dict[str, Any]:
        """Return network, optimiser, episodes and what is not yet learned from."""
        parts = {name: getattr(self, f"_{name}").state_dict() for name in _PARTS}
        memory = [dict(episode) for episode in self._memory]
        return {"random": self._random.get_state(), "memory": memory, **parts}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        self._random.set_state(state["random"])
        self._memory = [dict(episode) for episode in state["memory"]]
        for name in _PARTS:
            getattr(self, f"_{name}").load_state_dict(state[name])

    def _added(self, batch: Transitions) -> Array:
        if self._form == "reward":
            return self._rewards(self._rows(batch.obs, batch.action))
        after = self._rewards(self._rows(batch.next_obs, batch.action))
        before = self._rewards(self._rows(batch.obs, batch.action))
        return self._discount * np.where(batch.terminated, 0.0, after) - before

    def _rewards(self, rows: Array) -> Array:
        """Return r_φ `(B,)`."""
        with torch.no_grad():
            return np.asarray(self._net(self._whitened(rows))[:, 0].numpy(), np.float64)

    def _rows(self, obs: Any, action: Any) -> Array:
        """Return what r_φ sees `(B, n)`."""
        if self._form == "potential":
            return self._encode(obs)
        return np.concatenate([self._encode(obs), self._encode_action(action)], axis=1)

    def _ended(self, steps: Collected) -> list[Episode]:
        """Return the episodes that these steps finish."""
        rows = self._rows(steps.obs, steps.action)
        self._seen.update(rows)
        columns: dict[str, npt.NDArray[Any]] = {
            "rows": rows.astype(np.float32).reshape(*steps.r_ext.shape, -1),
            "r_ext": steps.r_ext,
        }
        return self._episodes.add(columns, steps.terminated | steps.truncated)

    def _return(self, rewards: Array) -> float:
        return float(rewards @ self._discount ** np.arange(len(rewards)))

    def _learn(self, pairs: Array) -> float:
        """Take a step with some pairs; return the loss."""
        drawn = torch.randint(len(pairs), (self._n_pairs,), generator=self._random).numpy()
        chosen = pairs[drawn] if len(pairs) > self._n_pairs else pairs
        used, where = np.unique(chosen, return_inverse=True)
        returns = self._learned_returns([self._memory[int(i)]["rows"] for i in used])
        better, worse = returns[torch.as_tensor(where.reshape(-1, 2))].T
        loss = -nn.functional.logsigmoid(better - worse).mean()
        self._optimizer.zero_grad()
        torch.autograd.backward(loss)
        self._optimizer.step()
        return loss.item()

    def _learned_returns(self, episodes: Sequence[Array]) -> torch.Tensor:
        """Return G_φ `(K,)` of K episodes `(L, n)`."""
        lengths = [len(rows) for rows in episodes]
        discounts = np.concatenate([self._discount ** np.arange(n) for n in lengths])
        owner = torch.as_tensor(np.repeat(np.arange(len(lengths)), lengths))
        paid = self._net(self._whitened(np.concatenate(episodes)))[:, 0]
        weighted = paid * torch.as_tensor(discounts, dtype=torch.float32)
        return torch.zeros(len(lengths)).index_add(0, owner, weighted)

    def _whitened(self, rows: Array) -> torch.Tensor:
        return torch.as_tensor(self._seen.whiten(rows), dtype=torch.float32)


def ranked(returns: Sequence[float]) -> Any:
    """Return pairs `(P, 2)` of indices (better, worse) of returns that differ."""
    found = np.array(returns, np.float64)
    return np.argwhere(found[:, None] > found[None, :])
