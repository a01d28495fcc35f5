"""Bootstrapped shaping: the algorithm's own value as its potential."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from rewardlab.errors import UsageError
from rewardlab.shapers import options
from rewardlab.shapers.base import Invariance, Shaped, Shaper, Transitions
from rewardlab.shapers.potential import potential
from rewardlab.shapers.tables.potentials import difference, eta_caution

if TYPE_CHECKING:
    from rewardlab.shapers.model_value import ModelValue
    from rewardlab.shapers.view import PolicyView


class BSRS(Shaper):
    """Adds F = γΦ(s') − Φ(s) with Φ = ηV_n, V_n the value that the algorithm has learned so far.

    Adamczyk et al., *Bootstrapped Reward Shaping*, AAAI 2025 (formulas reconstructed). V_n is the
    target network's where there is one: max_a Q of DQN, the smallest critic at the actor's action
    of SAC and TD3, SAC's with its entropy, else the value function of PPO and A2C. It is in the
    unit of the rewards before `VecNormalize`, to which F is added. Replay buffers ask the current
    one on both sides.

    At the fixed point Ṽ = V*/(1+η) and Q̃ = Q* − η/(1+η)·V*, so the greedy policy is optimal; until
    then the potential moves. Value iteration contracts for −1 < η < (1−γ)/(1+γ) (derived), outside
    it may diverge; updates that are averaged with a step size below 2/((1+γ)(1+η)), as those of
    slow target networks, were stable there too. The paper starts deep algorithms with η = .5; η < 0
    is worth a try.

    The networks are the algorithm's, so there is nothing to checkpoint.

    Args:
        eta: η. Training warns outside of the bounds above.

    Raises:
        UsageError: η is no finite number.
    """

    invariance: ClassVar[Invariance] = "exact"

    def __init__(self, eta: float = 0.5) -> None:
        options.finite("BSRS", eta=eta)
        self.eta = eta
        self._value: ModelValue | None = None

    def cautions(self, gamma: float, weight: float = 1.0) -> Iterator[str]:
        """Yield that values may diverge, if they may with this weight on η."""
        if caution := eta_caution(weight * self.eta, gamma):
            yield caution

    def start(self, policy: PolicyView) -> None:
        """Take the networks to ask from now on."""
        from rewardlab.shapers.model_value import ModelValue

        self._value = ModelValue.of(policy.model)

    def shape(self, batch: Transitions) -> Shaped:
        """Return r + F `(B,)`; the term `bootstrap` is F.

        Raises:
            UsageError: It does not know the algorithm.
        """
        if self._value is None:
            raise UsageError(
                "BSRS asks the algorithm's own critic: give the callback that attach returned to "
                "learn(…, callback=…)"
            )
        assert self.gamma is not None
        f = self.eta * difference(
            potential(self._value, batch.obs, len(batch.r_ext)),
            potential(self._value, batch.next_obs, len(batch.r_ext)),
            gamma=self.gamma,
            terminated=batch.terminated,
        )
        return Shaped(batch.r_ext + f, {"bootstrap": f})
