"""A shaper on any Stable-Baselines3 algorithm, in one line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper, VecNormalize
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from rewardlab.errors import UsageError
from rewardlab.shapers.base import Shaper
from rewardlab.shapers.view import PolicyView
from rewardlab.training.replay import reconnect, relabel
from rewardlab.training.shaped import ShapedVecEnv


def attach(
    model: BaseAlgorithm, shaper: Shaper, *, fault_file: Path | None = Path("shaper_fault.npz")
) -> ShaperCallback:
    """Let an algorithm learn from a shaper's rewards.

    ```python
    model = SAC("MlpPolicy", "Pendulum-v1")
    model.learn(10_000, callback=attach(model, RND()))
    ```

    On-policy the environments pay the shaped reward, off-policy the replay buffer does whenever it
    is sampled; what it held before is dropped. Episode returns stay the environment's own.
    Evaluate in other environments than the model's; see `wrapped_alike` for `EvalCallback` with
    `VecNormalize`.

    Args:
        model: The algorithm, with its environments; those start new episodes.
        shaper: The shaper.
        fault_file: Where the first transition that the shaper gets wrong is written.

    Returns:
        The callback that `learn` must be given, so that the shaper learns and logs.

    Raises:
        UsageError: The shaper does not fit the algorithm; the message says why.
    """
    venv: Any = model.get_env()
    if venv is None:
        raise UsageError("attach needs an algorithm with environments: pass env=… to it")
    discount: Any = getattr(model, "gamma", 0.99)
    check_algorithm(shaper, model)
    normalizer = model.get_vec_normalize_env()
    below: Any = normalizer.venv if normalizer else venv
    if normalizer is not None and normalizer.observation_space != venv.observation_space:
        name = type(venv).__name__
        raise UsageError(
            f"{name} stands above VecNormalize and changes what shapers see below it: let "
            f"VecNormalize be the outer one, VecNormalize({name}(…))"
        )
    shaped = ShapedVecEnv(
        below,
        shaper,
        gamma=float(discount),
        seed=int(model.seed or 0),
        pays=not isinstance(model, OffPolicyAlgorithm),
        fault_file=fault_file,
    )
    if isinstance(model, OffPolicyAlgorithm):
        relabel(model, shaped.checked)
    _insert(model, below, shaped)
    shaped.checked.await_callback()
    model._last_obs = None  # so that learning begins with a reset, which the shaper sees
    return ShaperCallback(shaped, logs=True)


def wrapped_alike(venv: VecNormalize) -> VecNormalize:
    """Wrap environments of evaluation like a model's that has a shaper; they stay unshaped.

    SB3's `EvalCallback` copies the statistics of `VecNormalize`, and refuses to do so between
    environments that are not wrapped alike.

    ```python
    evaluation = wrapped_alike(VecNormalize(venv, training=False))
    model.learn(10_000, callback=[attach(model, shaper), EvalCallback(evaluation)])
    ```
    """
    venv.venv = _Same(venv.venv)
    return venv


class _Same(VecEnvWrapper):
    """Changes nothing."""

    def reset(self) -> VecEnvObs:
        return self.venv.reset()

    def step_wait(self) -> VecEnvStepReturn:
        return self.venv.step_wait()


def check_algorithm(shaper: Shaper, model: BaseAlgorithm) -> None:
    """Raise `UsageError` if an algorithm cannot learn from a shaper."""
    name, algo = type(shaper).__name__, type(model).__name__
    normalizer = model.get_vec_normalize_env()
    if isinstance(model, OffPolicyAlgorithm):
        if "on_policy" in shaper.needs:
            raise UsageError(f"{name} needs an on-policy algorithm such as PPO or A2C, not {algo}")
        if normalizer is not None and normalizer.norm_reward:
            raise UsageError(
                "VecNormalize sees extrinsic rewards only where the replay buffer shapes them: "
                "give it norm_reward=False"
            )
    elif normalizer is not None and normalizer.norm_reward:
        check_normalizer(shaper, normalizer, float(getattr(model, "gamma", 0.99)))


def check_normalizer(shaper: Shaper, normalizer: VecNormalize, gamma: float) -> None:
    """Raise `UsageError` if reward normalisation would break what a shaper promises."""
    if normalizer.gamma != gamma:
        raise UsageError(
            f"VecNormalize has gamma {normalizer.gamma}, the algorithm {gamma}: give both the same"
        )
    if shaper.invariance == "exact" and np.isfinite(normalizer.clip_reward):
        raise UsageError(
            f"VecNormalize clips rewards at {normalizer.clip_reward:g}, which breaks the exact "
            f"invariance of {type(shaper).__name__}: give it clip_reward=float('inf') or "
            "norm_reward=False"
        )


class ShaperCallback(BaseCallback):
    """Lets shapers learn: after each rollout on-policy, every `update_every` steps off-policy.

    Args:
        *shaped: Their environments.
        logs: Log means of rewards and terms too; a run's own logger asks for them itself.
    """

    def __init__(self, *shaped: ShapedVecEnv, logs: bool = False) -> None:
        super().__init__()
        self.shaped, self._logs = shaped, logs

    def _on_training_start(self) -> None:
        for venv in self.shaped:
            if not any(part is venv for part in _layers(self.training_env)):
                raise UsageError(
                    "the algorithm's environments are others than those that got the shaper: "
                    "call attach after set_env"
                )
            venv.checked.start(PolicyView(self.model))
            reconnect(self.model, venv.checked)

    def _on_step(self) -> bool:
        if isinstance(self.model, OffPolicyAlgorithm):
            before = self.num_timesteps - self.training_env.num_envs
            for venv in self.shaped:
                every = venv.shaper.update_every
                if self.num_timesteps // every > before // every:
                    self._update(venv)
        return True

    def _on_rollout_end(self) -> None:
        if not isinstance(self.model, OffPolicyAlgorithm):
            for venv in self.shaped:
                self._update(venv)

    def _on_training_end(self) -> None:
        if self._logs:  # attached: the next call of learn needs the callback again
            for venv in self.shaped:
                venv.checked.await_callback()

    def _update(self, venv: ShapedVecEnv) -> None:
        found = {f"shaper/{k}": v for k, v in venv.checked.update(PolicyView(self.model)).items()}
        for key, value in (found | (venv.take_means() if self._logs else {})).items():
            self.logger.record(key, value)


def _layers(venv: VecEnv) -> Iterator[VecEnv]:
    """Yield environments and what they wrap, outermost first."""
    yield venv
    while isinstance(venv, VecEnvWrapper):
        venv = venv.venv
        yield venv


def _insert(model: BaseAlgorithm, below: VecEnv, shaped: ShapedVecEnv) -> None:
    """Put the shaping environments where `below` stood."""
    above: Any = model.get_env()
    if above is below:
        model.env = shaped
        return
    while isinstance(above, VecEnvWrapper) and above.venv is not below:
        above = above.venv
    above.venv = shaped
