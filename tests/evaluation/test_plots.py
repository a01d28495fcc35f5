import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from rewardlab.evaluation import plots
from rewardlab.evaluation.curves import Curves

EVALUATIONS = [
    {"timesteps": 1000, "success": 0.0, "success_ci": [0.0, 0.3], "return_mean": 3.0},
    {"timesteps": 2000, "success": 0.5, "success_ci": None, "return_mean": 5.0, "return_std": 2.0,
     "episodes": 4},
]  # fmt: skip


def curves(n_terms=3, n=50, name="term {}"):
    rng = np.random.default_rng(0)
    columns = {f"reward/terms/{name.format(i)}": rng.uniform(-1, 1, n) for i in range(n_terms)}
    columns |= {"rollout/success_rate": rng.uniform(size=n), "rollout/ep_rew_mean": rng.normal(n)}
    return Curves(
        np.arange(1, n + 1) * 100.0, columns | {"rollout/ep_rew_mean": rng.normal(size=n)}
    )


def texts(svg):
    return [e.text for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("text")]


def test_figures_are_valid_svg_with_labelled_axes_and_no_fixed_ink():
    made = curves()
    for svg, label in (
        (plots.success_figure(made, EVALUATIONS), "success rate"),
        (plots.return_figure(made, EVALUATIONS), "return per episode"),
        (plots.terms_figure(made), "mean per step"),
        (plots.shares_figure(made), "share of all terms"),
    ):
        words = texts(svg)
        assert label in words
        assert "environment steps" in words
        assert "currentColor" in svg
        assert 'role="img"' in svg
        assert "#0a0b0c" not in svg


def test_evaluations_alone_are_enough_even_a_single_one():
    none = Curves(np.empty(0), {})
    assert "evaluation, 95 % CI" in texts(plots.success_figure(none, EVALUATIONS[:1]))
    assert "evaluation, 95 % CI" in texts(plots.return_figure(none, EVALUATIONS))


def test_nothing_to_draw_gives_nothing():
    none = Curves(np.empty(0), {})
    unsignalled = [{"timesteps": 1, "success": None, "success_ci": None}]
    assert plots.success_figure(none, unsignalled) == ""
    assert plots.return_figure(none, []) == ""
    assert plots.terms_figure(none) == ""
    assert plots.shares_figure(none) == ""


def test_designs_are_drawn_for_adaptive_shapers_also_in_sums_and_for_no_others():
    steps, values = np.array([100.0, 200.0]), np.array([np.nan, 0.5])
    fixed = Curves(steps, {"shaper/objective": values})
    assert plots.change_figure(fixed) == plots.informativeness_figure(fixed) == ""
    for prefix, name in (("shaper/", "design"), ("shaper/exp.", "exp")):
        made = Curves(steps, {f"{prefix}objective": values, f"{prefix}change": values})
        assert {name, "‖ΔR‖ of a new design"} <= set(texts(plots.change_figure(made)))
        assert {name, "informativeness I_h"} <= set(texts(plots.informativeness_figure(made)))


def test_many_terms_are_drawn_as_the_largest_and_the_rest():
    words = texts(plots.terms_figure(curves(n_terms=64)))
    assert sum(word.startswith("term ") for word in words) == plots.MAX_TERMS - 1
    assert plots.OTHERS in words


@pytest.mark.parametrize("name", ["$x_{}", "$\\frac{{{}", "<b>{}</b>", "_hidden{}", "&amp;{}"])
def test_odd_names_are_shown_as_they_are(name):
    words = texts(plots.terms_figure(curves(name=name)))
    assert name.format(1) in words


def test_long_runs_stay_light():
    svg = plots.terms_figure(curves(n_terms=8, n=20_000))
    assert len(svg) < 150_000


def test_matplotlib_is_not_loaded_before_something_is_drawn():
    import subprocess

    code = "import sys, rewardlab.evaluation.plots, rewardlab.evaluation.report as r;"
    code += "sys.exit(any(m in sys.modules for m in ('matplotlib', 'torch', 'mujoco', 'jinja2')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
