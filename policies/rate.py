"""The convergence rate of mixtures of experts as a bound with two constants."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rewardlab.errors import UnknownName, UsageError

GATINGS = {"softmax": 1, "sigmoid": 0}
"""Experts whose gate parameters are redundant: a softmax does not change if all logits shift."""

MAX_COVARIATES = 100_000


@dataclass(frozen=True)
class Rate:
    """The error of m experts of polynomial order k on n samples, at most about `B(m, k)`.

    ```
    γ = min(α, k+1);  J_k = C(s+k, k);  v_m = (m−1)(s+1);  L = ln n
    B(m, k) = A m^(−2γ/s) + σ² (m J_k + v_m) L / n
    ```

    Source: Mendes and Jiang, *Convergence Rates for Mixture-of-Experts*, arXiv 1110.2058: the rate
    `KL = O_p(m^(−2[α∧(k+1)]/s) + (m J_k + v_m) ln n / n)`. The paper leaves constants open: A for
    the approximation and σ² for the noise are ours.

    Attributes:
        s: Covariates that the target depends on.
        alpha: Smoothness α of the target.
        A: Size of the approximation error.
        sigma2: Size of the estimation error.
        gating: `"softmax"`, or `"sigmoid"`: `v_m = m(s+1)`, as its logits may not shift.
        use_log: Keep the factor `L`, which goes where the best fit is unique.
    """

    s: int
    alpha: float = 2.0
    A: float = 1.0
    sigma2: float = 1.0
    gating: str = "softmax"
    use_log: bool = True

    def __post_init__(self) -> None:
        if self.s < 1 or self.s != int(self.s):
            raise UsageError(f"s is the number of covariates, a whole number >= 1, got {self.s!r}")
        if self.s > MAX_COVARIATES:
            raise UsageError(
                f"s is at most {MAX_COVARIATES:,}, got {self.s:,}: far below it the bound says "
                "nothing any more"
            )
        if not (math.isfinite(self.A) and self.A >= 0):
            raise UsageError(f"A must be finite and not negative, got {self.A!r}")
        for name in ("alpha", "sigma2"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise UsageError(f"{name} must be positive and finite, got {value!r}")
        if self.gating not in GATINGS:
            raise UnknownName("gating", self.gating, GATINGS)

    @property
    def exponent(self) -> float:
        """Return `−2α/(2α+s)`: the error falls like this power of n at the best m."""
        return -2 * self.alpha / (2 * self.alpha + self.s)

    def parameters(self, k: int) -> int:
        """Return `J_k`, the coefficients of a polynomial of order k in s variables."""
        return math.comb(self.s + k, k)

    def terms(self, m: int, k: int, n: float) -> tuple[float, float]:
        """Return what A and what σ² is multiplied with."""
        gate = (m - GATINGS[self.gating]) * (self.s + 1)
        bias = m ** (-2 * min(self.alpha, k + 1) / self.s)
        return bias, (m * self.parameters(k) + gate) * self._per_parameter(n)

    def bound(self, m: int, k: int, n: float) -> float:
        """Return `B(m, k)`."""
        bias, variance = self.terms(m, k, n)
        return self.A * bias + self.sigma2 * variance

    def best(self, k: int, n: float) -> float:
        """Return the real m where the bound is smallest.

        `m* = [(2γA/s) n / (σ² L (J_k+s+1))]^(s/(2γ+s))`
        """
        gamma = min(self.alpha, k + 1)
        cost = self.sigma2 * (self.parameters(k) + self.s + 1) * self._per_parameter(n)
        return float((2 * gamma * self.A / self.s / cost) ** (self.s / (2 * gamma + self.s)))

    def _per_parameter(self, n: float) -> float:
        if not (math.isfinite(n) and n >= 2):
            raise UsageError(f"n is the number of samples, at least 2, got {n!r}")
        return (math.log(n) if self.use_log else 1.0) / n
