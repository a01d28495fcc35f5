"""One line puts a shaper on any Stable-Baselines3 algorithm, and changes nothing else."""

import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, DQN, PPO, SAC
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.callbacks import EvalCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import VecFrameStack, VecNormalize

import rewardlab as rl
from rewardlab.errors import Caution, ShaperFault, UsageError
from rewardlab.shapers import RND, Potential, Scale, Shaped, Shaper, Sum
from rewardlab.shapers.plain import NativeShaper
from rewardlab.training.attach import attach, wrapped_alike
from tests.training.slide import ALGORITHMS, HIGH, LOW, Remembers, Slide, build

every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: a.__name__)
N = 96


def weights(model):
    return {name: value.numpy().copy() for name, value in model.policy.state_dict().items()}


def returns(model):
    return [episode["r"] for episode in model.ep_info_buffer]


@every_algorithm
def test_a_shaper_that_changes_nothing_leaves_learning_as_it_is_bit_for_bit(algorithm):
    bare = build(algorithm)
    before = weights(bare)
    bare.learn(N)
    shaped = build(algorithm)
    shaped.learn(N, callback=attach(shaped, NativeShaper()))
    learned = weights(shaped)
    assert any((learned[name] != value).any() for name, value in before.items())
    for name, value in weights(bare).items():
        np.testing.assert_array_equal(learned[name], value, err_msg=name)


@every_algorithm
def test_what_is_paid_changes_learning_and_no_episode_return(algorithm):
    bare, shaper = build(algorithm), Remembers(paid=50.0)
    bare.learn(N)
    shaped = build(algorithm)
    shaped.learn(N, callback=attach(shaped, shaper))
    assert any((weights(shaped)[name] != value).any() for name, value in weights(bare).items())
    paid = np.zeros(2)
    sums = []
    for batch in shaper.collected:
        paid += batch.r_ext
        for i in np.flatnonzero(batch.terminated | batch.truncated):
            sums.append(paid[i])
            paid[i] = 0.0
    np.testing.assert_allclose(returns(shaped), sums, atol=1e-4)


@every_algorithm
def test_actions_reach_the_shaper_as_the_environment_takes_them(algorithm):
    model, shaper = build(algorithm, discrete=False), Remembers()
    model.learn(N, callback=attach(model, shaper))
    for batch in shaper.asked:
        if algorithm is DQN:
            assert batch.action.shape == batch.r_ext.shape
            assert set(batch.action.tolist()) <= {0, 1, 2}
        else:
            assert batch.action.shape == (len(batch.r_ext), 2)
            assert (batch.action >= LOW - 1e-5).all()
            assert (batch.action <= HIGH + 1e-5).all()
    if algorithm is not DQN:
        assert max(batch.action.max() for batch in shaper.asked) > 1.0


@pytest.mark.parametrize("algorithm", [PPO, A2C])
def test_on_policy_a_rollout_holds_what_is_paid_with_the_time_limit_bootstrapped(algorithm):
    model, shaper = build(algorithm), Remembers(paid=10.0)
    n = ALGORITHMS[algorithm]["n_steps"]
    model.learn(n * 2, callback=attach(model, shaper))
    held = model.rollout_buffer.rewards
    for t, batch in enumerate(shaper.collected):
        kept = ~batch.truncated
        np.testing.assert_allclose(held[t][kept], batch.r_ext[kept] + 10.0, rtol=1e-5)
    assert any(batch.truncated.any() for batch in shaper.collected)
    assert shaper.paid == 11.0, "it learns once, after the rollout"


def test_off_policy_a_shaper_learns_at_its_own_pace():
    model, shaper = build(SAC), Remembers()
    shaper.update_every = 30
    model.learn(N, callback=attach(model, shaper))
    assert shaper.paid == N // 30


@every_algorithm
def test_the_same_seed_gives_the_same_policy(algorithm):
    def learned(seed):
        model = build(algorithm, seed=seed)
        shaper = RND()
        shaper.update_every = 32
        model.learn(N, callback=attach(model, shaper))
        return weights(model)

    once, again, other = learned(3), learned(3), learned(4)
    for name, value in once.items():
        np.testing.assert_array_equal(again[name], value, err_msg=name)
    assert any((other[name] != value).any() for name, value in once.items())


def test_to_attach_a_shaper_that_draws_networks_leaves_global_generators_alone():
    model = build(PPO)
    np.random.seed(5)
    torch.manual_seed(5)
    attach(model, RND())
    drawn = np.random.rand(), torch.rand(1).item()
    np.random.seed(5)
    torch.manual_seed(5)
    assert drawn == (np.random.rand(), torch.rand(1).item())


@every_algorithm
def test_evaluation_elsewhere_leaves_the_shaper_as_it_is(algorithm):
    model, shaper = build(algorithm), Remembers()
    model.learn(N, callback=attach(model, shaper))
    state, n = shaper.state_dict(), (len(shaper.collected), len(shaper.began), len(shaper.asked))
    evaluate_policy(model, build(algorithm, seed=9).get_env(), n_eval_episodes=3)
    assert shaper.state_dict() == state
    assert (len(shaper.collected), len(shaper.began), len(shaper.asked)) == n


def test_episodes_begin_with_the_reset_observation_also_after_learning_before():
    model, shaper = build(PPO), Remembers()
    model.learn(64)
    model.learn(64, callback=attach(model, shaper))
    obs, env_id = shaper.began[0]
    assert env_id.tolist() == [0, 1]
    assert obs[:, 1].tolist() == [0.0, 0.0]
    np.testing.assert_array_equal(shaper.collected[0].obs, obs)
    assert shaper.collected[0].t.tolist() == [0, 0]


def test_shapers_see_raw_observations_below_normalisation():
    model = build(PPO, normalize=lambda venv: VecNormalize(venv, norm_reward=False))
    shaper = Remembers()
    model.learn(128, callback=attach(model, shaper))
    steps = np.concatenate([batch.obs[:, 1] for batch in shaper.collected])
    assert set(steps.tolist()) == set(range(7)), "the second entry counts steps"
    assert isinstance(model.get_env(), VecNormalize)


def test_rewards_are_logged(capsys):
    model, shaper = build(PPO, verbose=1), Remembers(paid=2.0)
    model.learn(64, callback=attach(model, shaper), log_interval=1)
    shown = capsys.readouterr().out
    assert all(key in shown for key in ("shaped", "terms/paid", "updates"))


class Goal(Slide):
    """Says success as Gymnasium-Robotics and SB3 do."""

    def step(self, action):
        *paid, info = super().step(action)
        return *paid, {"is_success": info["success"]}


def test_success_is_known_by_the_name_that_others_give_it():
    shaper = Remembers()
    model = PPO("MlpPolicy", Goal(), n_steps=32, batch_size=32, seed=3)
    model.learn(64, callback=attach(model, shaper))
    for batch in shaper.collected:
        np.testing.assert_array_equal(batch.success, batch.r_ext > 1.0)
    assert any(batch.success.any() for batch in shaper.collected)


class Fresh(Remembers):
    needs = frozenset({"on_policy"})


class Numbers(Remembers):
    needs = frozenset({"discrete_obs"})


class Own(ReplayBuffer):
    pass


def normalized(**given):
    return lambda venv: VecNormalize(venv, **given)


@pytest.mark.parametrize(
    ("make", "shaper", "said"),
    [
        (lambda: build(SAC), Fresh(), "Fresh needs an on-policy algorithm such as PPO or A2C, not"),
        (lambda: build(PPO), Numbers(), "Numbers needs discrete observations, not Box"),
        (lambda: build(PPO, gamma=0.9), Potential(abs), None),
        (
            lambda: build(SAC, normalize=normalized()),
            Remembers(),
            "give it norm_reward=False",
        ),
        (
            lambda: build(PPO, normalize=normalized(gamma=0.5)),
            Remembers(),
            r"VecNormalize has gamma 0\.5, the algorithm 0\.99",
        ),
        (
            lambda: build(PPO, normalize=normalized()),
            Potential(lambda obs: obs[:, 0]),
            "clips rewards at 10, which breaks the exact invariance of Potential",
        ),
        (lambda: build(SAC, replay_buffer_class=Own), Remembers(), "do not know the replay buffer"),
        (lambda: PPO("MlpPolicy", None, _init_setup_model=False), Remembers(), "pass env=… to it"),
    ],
)
def test_what_does_not_fit_is_refused(make, shaper, said):
    if said is None:
        shaper.gamma, said = 0.5, r"Potential assumes gamma 0\.5, the algorithm uses 0\.9"
    with pytest.raises(UsageError, match=said):
        attach(make(), shaper)


def test_a_refused_shaper_leaves_the_algorithm_as_it_was():
    model = build(SAC, replay_buffer_class=Own)
    venv = model.get_env()
    with pytest.raises(UsageError, match="do not know the replay buffer"):
        attach(model, Remembers())
    assert model.get_env() is venv
    model.learn(30)


@pytest.mark.parametrize("algorithm", [SAC, DQN])
def test_a_second_shaper_off_policy_has_to_be_composed(algorithm):
    model = build(algorithm)
    attach(model, Remembers())
    with pytest.raises(UsageError, match="has a shaper already: attach Sum"):
        attach(model, Remembers())


class Nan(Shaper):
    def shape(self, batch):
        bonus = np.where(batch.obs[:, 1] == 5.0, np.nan, 1.0)
        return Shaped(batch.r_ext + bonus, {})


@every_algorithm
def test_the_first_transition_at_fault_is_written_down(algorithm, tmp_path):
    model, file = build(algorithm), tmp_path / "fault.npz"
    with pytest.raises(ShaperFault, match=r"Nan\.shape must return 'reward' as an array"):
        model.learn(N, callback=attach(model, Nan(), fault_file=file))
    with np.load(file) as row:
        assert row["obs"][1] == row["t"] == 5
        assert row["next_obs"][1] == 6
        assert {"action", "r_ext", "terminated", "truncated", "env_id", "success"} <= set(row)


def test_statistics_of_normalisation_reach_the_evaluation_callback():
    model = build(PPO, normalize=normalized(norm_reward=False))
    elsewhere = build(PPO, seed=9, normalize=normalized(norm_reward=False, training=False))
    evaluation = wrapped_alike(elsewhere.get_env())
    watch = EvalCallback(evaluation, eval_freq=32, n_eval_episodes=1, verbose=0)
    model.learn(64, callback=[attach(model, Remembers()), watch])
    learned = model.get_env().obs_rms
    assert evaluation.obs_rms.count == learned.count > 32
    np.testing.assert_array_equal(evaluation.obs_rms.mean, learned.mean)


@pytest.mark.parametrize("algorithm", [PPO, SAC])
def test_other_environments_than_those_that_got_the_shaper_are_refused(algorithm):
    model = build(algorithm)
    callback = attach(model, Remembers())
    model.set_env(build(algorithm, seed=9).get_env())
    with pytest.raises(UsageError, match="call attach after set_env"):
        model.learn(30, callback=callback)


@pytest.mark.parametrize("method", ["update", "metrics"])
def test_a_method_that_forgets_to_return_its_numbers_is_named(method):
    class Forgets(NativeShaper):
        pass

    setattr(Forgets, method, lambda self, *args: None)
    model = build(PPO)
    with pytest.raises(ShaperFault, match=f"Forgets.{method} must return a dict of numbers to log"):
        model.learn(64, callback=attach(model, Forgets()))


def test_it_is_public():
    assert rl.attach is attach


@every_algorithm
def test_a_forgotten_callback_is_warned_of(algorithm):
    model = build(algorithm)
    callback = attach(model, RND())
    with pytest.warns(Caution, match=r"RND neither learns nor logs: give the callback"):
        model.learn(N)
    model.learn(N, callback=callback)


def test_a_callback_forgotten_later_is_warned_of_too():
    model = build(PPO)
    model.learn(64, callback=attach(model, RND()))
    with pytest.warns(Caution, match="RND neither learns nor logs"):
        model.learn(64)


@pytest.mark.parametrize("algorithm", [PPO, SAC])
def test_what_changes_observations_above_normalisation_is_refused(algorithm):
    def stacked(venv):
        return VecFrameStack(VecNormalize(venv, norm_reward=False), 2)

    model = build(algorithm, normalize=stacked)
    with pytest.raises(UsageError, match=r"outer one, VecNormalize\(VecFrameStack"):
        attach(model, RND())


def test_a_shaper_is_reused_with_another_discount_unless_it_assumes_one():
    shaper = RND()
    for gamma in (0.9, 0.8):
        model = build(PPO, gamma=gamma)
        model.learn(32, callback=attach(model, shaper))
        assert shaper.gamma == gamma
        assert Sum(Scale(shaper, 2.0)).gamma is None
    bound_to = Remembers()
    bound_to.gamma = 0.9
    attach(build(PPO, gamma=0.9), bound_to)
    with pytest.raises(UsageError, match=r"assumes gamma 0\.9, the algorithm uses 0\.8"):
        attach(build(PPO, gamma=0.8), bound_to)


@pytest.mark.parametrize("algorithm", [SAC, DQN])
def test_a_replay_buffer_is_saved_beside_a_shaper_that_holds_a_function(algorithm, tmp_path):
    model = build(algorithm)
    callback = attach(model, Potential(lambda obs: obs[:, 0]))
    model.learn(60, callback=callback)
    kept = model.replay_buffer
    at = (np.arange(20), np.zeros(20, int))
    paid = kept.rewards[at]
    model.save_replay_buffer(tmp_path / "replay.pkl")
    model.load_replay_buffer(tmp_path / "replay.pkl")
    assert model.replay_buffer is not kept
    with pytest.raises(UsageError, match="came from a file, which holds no shaper"):
        model.replay_buffer.sample(4)
    model.learn(30, callback=callback, reset_num_timesteps=False)
    np.testing.assert_array_equal(model.replay_buffer.rewards[at], paid)
