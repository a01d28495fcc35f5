import numpy as np
import pytest
import torch

from rewardlab.e2cl.encoding import Query, vocabulary
from rewardlab.e2cl.fit import fit, loss, targets
from rewardlab.e2cl.policy import fresh, load, save
from rewardlab.e2cl.world import END, OK, Action, Language
from rewardlab.errors import StorageError


@pytest.fixture
def policy(toy, plan):
    made = fresh(toy.language, vocabulary(plan.samples), seed=1)
    made.net.eval()
    return made


def permuted(view, order):
    return type(view)(
        view.task, view.words, tuple(view.ids[i] for i in order),
        tuple(view.names[i] for i in order), view.classes[order], view.features[order],
        view.context, view.history,
    )  # fmt: skip


def heads(policy, queries):
    net = policy.net
    scene = net.scene(policy.encoder.batch(queries))
    verb = torch.full((len(queries),), 4)
    first = torch.zeros(len(queries), dtype=torch.long)
    return (
        net.verb_logits(scene),
        net.first_logits(scene, verb),
        net.second_logits(scene, verb, first),
        net.feedback_logits(scene, verb, first, first - 1),
    )


def test_permuted_objects_permute_what_points_at_them(policy, explored):
    rng = np.random.default_rng(0)
    for sample in explored.of("correct")[:8]:
        view = sample.view
        order = np.concatenate([[0], 1 + rng.permutation(len(view.ids) - 1)])
        plain = heads(policy, [Query(view, sample.failed, sample.error)])
        moved = heads(policy, [Query(permuted(view, order), sample.failed, sample.error)])
        for one, other, pointer in zip(plain, moved, (False, True, True, False), strict=True):
            expected = one[:, order] if pointer else one
            torch.testing.assert_close(other, expected, atol=1e-5, rtol=0)


def test_padding_is_inert(policy, plan):
    views = sorted((s.view for s in plan.samples), key=lambda view: len(view.ids))
    small, large = views[0], views[-1]
    assert len(small.ids) < len(large.ids)
    alone = heads(policy, [Query(small)])
    padded = heads(policy, [Query(small), Query(large)])
    for one, both in zip(alone, padded, strict=True):
        torch.testing.assert_close(both[:1, : one.shape[1]], one, atol=1e-5, rtol=0)
    assert (padded[1][0, len(small.ids) :] == -1e9).all()


def test_what_is_not_asked_has_no_gradient(policy, plan):
    ends = [s for s in plan.samples if s.action == END]
    net, encoder = policy.net, policy.encoder
    scene = net.scene(encoder.batch([Query(s.view) for s in ends]))
    loss(net, scene, targets(encoder, ends)).backward()
    for head in (net.first, net.second, net.feedback):
        assert all(weight.grad is None for weight in head.parameters())
    assert net.verb.weight.grad.abs().sum() > 0


def test_the_loss_is_that_of_its_parts(policy, plan):
    net, encoder = policy.net, policy.encoder
    (put,) = [s for s in plan.samples if s.action.verb == "put"][:1]
    scene = net.scene(encoder.batch([Query(put.view)]))
    asked = targets(encoder, [put])
    places = [put.view.ids.index(i) for i in put.action.objects]
    assert [asked.first.item(), asked.second.item()] == places
    parts = [
        torch.log_softmax(net.verb_logits(scene), -1)[0, 4],
        torch.log_softmax(net.first_logits(scene, asked.verb), -1)[0, places[0]],
        torch.log_softmax(net.second_logits(scene, asked.verb, asked.first), -1)[0, places[1]],
    ]
    torch.testing.assert_close(loss(net, scene, asked), -sum(parts))


def test_planning_and_correcting_ask_different_questions(policy, explored):
    sample = explored.of("correct")[0]
    plain, failed, kind = (
        heads(policy, [query])[0]
        for query in (
            Query(sample.view),
            Query(sample.view, sample.failed, sample.error),
            Query(sample.view, sample.failed, "far" if sample.error != "far" else "hand"),
        )
    )
    assert not torch.allclose(plain, failed)
    assert not torch.allclose(failed, kind)


def consistent(samples, kind):
    """Up to 64 samples of a kind that do not contradict each other."""
    chosen = {}
    for s in samples:
        if s.kind == kind:
            asked = s.action if kind == "feedback" else s.failed
            chosen.setdefault((id(s.view), asked), s)
    return list(chosen.values())[:64]


def test_samples_of_each_kind_are_learned_by_heart(policy, plan, explored):
    chosen = [
        s
        for kind in ("plan", "feedback", "correct")
        for s in consistent(plan.samples + explored.samples, kind)
    ]
    learned = fit(policy, chosen, 300, seed=0).policy
    right = [
        learned.foresee(s.view, s.action) == s.answer
        if s.kind == "feedback"
        else (
            learned.plan(s.view) if s.kind == "plan" else learned.correct(s.view, s.failed, s.error)
        )
        == s.action
        for s in chosen
    ]
    assert len(chosen) > 120
    assert np.mean(right) > 0.99


def test_a_seed_fixes_the_fit_and_its_start_stays(policy, plan):
    before = {key: value.clone() for key, value in policy.net.state_dict().items()}
    fits = [fit(policy, plan.samples, 5, seed=seed) for seed in (0, 0, 1)]
    assert fits[0].losses == fits[1].losses != fits[2].losses
    for key, value in policy.net.state_dict().items():
        assert torch.equal(value, before[key])
        assert torch.equal(
            fits[0].policy.net.state_dict()[key], fits[1].policy.net.state_dict()[key]
        )


def test_drawn_actions_follow_the_seed_and_vary(policy, plan):
    view = plan.samples[0].view
    drawn = [[policy.plan(view, np.random.default_rng(i)) for i in range(20)] for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) > 3


def test_where_no_object_is_no_verb_takes_one(policy, plan):
    view = plan.samples[0].view
    bare = permuted(view, np.array([], np.int64))
    for i in range(20):
        assert policy.plan(bare, np.random.default_rng(i)) in (Action("stand"), END)
    assert policy.foresee(bare, Action("stand")) in policy.encoder.language.kinds


def test_a_policy_comes_back_as_it_was(tmp_path, toy, novice, plan):
    save(tmp_path / "novice.npz", novice)
    back = load(tmp_path / "novice.npz", toy.language)
    for sample in plan.samples:
        assert back.plan(sample.view) == novice.plan(sample.view)
        assert back.foresee(sample.view, sample.action) == novice.foresee(
            sample.view, sample.action
        )


def test_a_policy_of_another_language_is_refused(tmp_path, toy, novice):
    save(tmp_path / "novice.npz", novice)
    other = Language(toy.language.verbs[:2], (OK,), ("mug",), 2, 4)
    with pytest.raises(StorageError, match=r"damaged or of another world .*delete it and train"):
        load(tmp_path / "novice.npz", other)
    (tmp_path / "novice.npz").write_bytes(b"PK")
    with pytest.raises(StorageError, match=r"damaged or of another world .*delete it and train"):
        load(tmp_path / "novice.npz", toy.language)
