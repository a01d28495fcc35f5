"""Telling a policy's gates how far training is."""

from __future__ import annotations

from stable_baselines3.common.callbacks import BaseCallback

from rewardlab.errors import UsageError
from rewardlab.policies.sb3.policy import MoePolicy


class MoeCallback(BaseCallback):
    """Calls `policy.set_moe_progress` with the fraction of training done at each rollout's start.

    That is once per iteration on-policy and once per `train_freq` off-policy. `rewardlab.train`
    adds it by itself; with SB3 alone: `model.learn(n, callback=MoeCallback())`.

    Raises:
        UsageError: When training starts: observations of trained experts would be normalised twice.
    """

    def _on_training_start(self) -> None:
        policy, venv = self.model.policy, self.model.get_vec_normalize_env()
        if isinstance(policy, MoePolicy) and policy.moe.experts and venv and venv.norm_obs:
            raise UsageError(
                "each expert normalises observations as it was trained to, and the environment "
                "normalises them before: give VecNormalize norm_obs=False"
            )

    def _on_rollout_start(self) -> None:
        policy = self.model.policy
        if isinstance(policy, MoePolicy):
            policy.set_moe_progress(self.model.num_timesteps / self.model._total_timesteps)

    def _on_step(self) -> bool:
        return True
