from dataclasses import replace

import numpy as np
import pytest

from rewardlab.e2cl.encoding import Encoder, Query, Vocabulary, vocabulary
from rewardlab.e2cl.world import Action, Tried


def test_words_are_known_from_three_episodes_on_commonest_first(plan):
    def of(episode, words):
        sample = plan.samples[0]
        return replace(
            sample,
            view=replace(sample.view, words=words),
            origin=sample.origin._replace(episode=episode),
        )

    samples = [of("a", ("b", "a", "a")), of("b", ("b", "a", "c")), of("c", ("b", "a", "c"))]
    more = [of("d", ("b",)), of("d", ("b",))]
    assert vocabulary(samples + more) == Vocabulary(("put",), ("b", "a"))


def test_at_most_220_words_are_kept_ties_in_order(plan):
    words = tuple(f"w{i:03}" for i in range(300))
    samples = [
        replace(
            plan.samples[0],
            view=replace(plan.samples[0].view, words=words[::-1]),
            origin=plan.samples[0].origin._replace(episode=str(i)),
        )
        for i in range(3)
    ]
    assert vocabulary(samples).words == words[:220]


def test_what_follows_from_the_history_is_added(toy, plan):
    view = plan.samples[0].view
    one, two, *_ = view.ids
    tried = [
        Tried(Action("walk", (one,)), "True"),
        Tried(Action("walk", (two,)), "far"),
        Tried(Action("put", (one, two)), "hand"),
    ]
    encoded = Encoder(toy.language, Vocabulary((), ())).view(replace(view, history=tuple(tried)))
    names = ["stand", "walk", "open", "grab", "put"]
    assert encoded.recent == tuple(1 + names.index(verb) for verb in ("put", "walk", "walk"))
    assert encoded.context[-1] == pytest.approx(3 / 20)
    np.testing.assert_allclose(encoded.features[0, -3:], [2 / 3, 1, 0], atol=1e-6)
    np.testing.assert_allclose(encoded.features[1, -3:], [2 / 3, 1, 1], atol=1e-6)
    assert not encoded.features[2:, -3:].any()
    np.testing.assert_array_equal(encoded.features[:, :-3], view.features)


def test_the_failed_action_flags_its_objects(toy, plan):
    view = plan.samples[0].view
    encoder = Encoder(toy.language, Vocabulary((), ()))
    batch = encoder.batch([Query(view, Action("put", (view.ids[2], view.ids[0])), "hand")])
    assert batch.flags[0].nonzero().tolist() == [[0, 1], [2, 0]]
    assert batch.failed.item() == 5
    assert batch.error.item() == toy.language.kinds.index("hand")


def test_unknown_tasks_verbs_and_words_stand_for_none(toy, plan):
    view = replace(
        plan.samples[0].view, task="fly", words=("never",), history=(Tried(Action("fly"), "verb"),)
    )
    encoded = Encoder(toy.language, Vocabulary(("put",), ("mug",))).view(view)
    assert (encoded.task, encoded.recent) == (0, (0, 0, 0))
    assert not encoded.words.any()
