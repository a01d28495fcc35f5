"""Telling a policy's gates how far training is."""

from __future__ import annotations

from stable_baselines3.common.callbacks import BaseCallback

from rewardlab.policies.sb3.policy import MoePolicy


class MoeCallback(BaseCallback):
    """Calls `policy.set_moe_progress` with the fraction of training done at each rollout's start.

    That is once per iteration on-policy and once per `train_freq` off-policy. `rewardlab.train`
    adds it by itself; with SB3 alone: `model.learn(n, callback=MoeCallback())`.
    """

    def _on_rollout_start(self) -> None:
        policy = self.model.policy
        if isinstance(policy, MoePolicy):
            policy.set_moe_progress(self.model.num_timesteps / self.model._total_timesteps)

    def _on_step(self) -> bool:
        return True
