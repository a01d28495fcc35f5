"""The structured policy: verb and pointer heads over objects, and a head that foresees feedback.

The structure stands in for what a pre-trained language model would bring: from scratch, a
sequence-to-sequence model of the same size on text misses most errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn

from rewardlab.e2cl.encoding import N_HISTORY, Batch, Vocabulary
from rewardlab.e2cl.world import Language

NOWHERE = -1e9
"""Logit of an object that is not there."""


class Scene(NamedTuple):
    """What all heads look at: objects (B, N, d), which are there (B, N), the whole (B, d)."""

    objects: torch.Tensor
    mask: torch.Tensor
    whole: torch.Tensor


class Pointer(nn.Module):
    r"""An MLP of all parts for each object: $u^\top \mathrm{relu}(W [g_1, \dots, g_k] + V O_i)$.

    The product with what all objects share is taken once, not once per object.

    Args:
        n_given: k, parts that all objects share.
        width: d, of each part.
    """

    def __init__(self, n_given: int, width: int) -> None:
        super().__init__()
        self.given = nn.Linear(n_given * width, width)
        self.each = nn.Linear(width, width, bias=False)
        self.out = nn.Linear(width, 1)

    def forward(self, scene: Scene, given: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return logits (B, N) given k tensors (B, d)."""
        shared = self.given(torch.cat(list(given), -1))[:, None]
        logits: torch.Tensor = self.out(torch.relu(shared + self.each(scene.objects))).squeeze(-1)
        return logits.masked_fill(~scene.mask, NOWHERE)


class PolicyNetwork(nn.Module):
    r"""One set of weights that plans, corrects and foresees.

    Objects $O_i$ are a two-layer network of features, class embedding and two flags "object of the
    failed action". The whole is a two-layer network of eight parts of width $d$: task; words;
    context; objects pooled by attention; verb of the last action + ½ the one before; of the third
    last; failed verb; its kind of answer. With no failed action it plans or foresees, with one it
    corrects. Verb: linear of $G$; object 1: MLP$[G, v, O_i]$; object 2:
    MLP$[G, v, O_{o_1}, O_i]$; feedback: MLP$[G, v, O_{o_1}, O_{o_2}]$.

    Args:
        language: Of the world.
        vocabulary: Of the episodes to learn from.
        width: d.
    """

    def __init__(self, language: Language, vocabulary: Vocabulary, width: int = 64) -> None:
        super().__init__()
        n_verbs, d = len(language.verbs) + 1, width
        n_inputs = language.n_features + N_HISTORY + d // 2 + 2
        self.classes = nn.Embedding(max(1, len(language.classes)), d // 2)
        self.objects = nn.Sequential(nn.Linear(n_inputs, d), nn.ReLU(), nn.Linear(d, d))
        self.tasks = nn.Embedding(len(vocabulary.tasks) + 1, d)
        self.words = nn.Linear(max(1, len(vocabulary.words)), d)
        self.context = nn.Linear(language.n_context + 1, d)
        self.attention = nn.Linear(d, 1)
        self.verbs = nn.Embedding(n_verbs + 1, d, padding_idx=0)
        self.errors = nn.Embedding(len(language.kinds), d, padding_idx=0)
        self.whole = nn.Sequential(
            *(nn.Linear(8 * d, 2 * d), nn.ReLU(), nn.Dropout(0.1)),
            *(nn.Linear(2 * d, d), nn.ReLU()),
        )
        self.verb = nn.Linear(d, n_verbs)
        self.first, self.second = Pointer(2, d), Pointer(3, d)
        self.feedback = nn.Sequential(
            nn.Linear(4 * d, 2 * d), nn.ReLU(), nn.Linear(2 * d, len(language.kinds))
        )

    def scene(self, batch: Batch) -> Scene:
        """Return what all heads look at."""
        inputs = torch.cat([batch.features, self.classes(batch.classes), batch.flags], -1)
        objects = self.objects(inputs) * batch.mask[..., None]
        recent = self.verbs(batch.recent)
        parts = [
            self.tasks(batch.task),
            self.words(batch.words),
            self.context(batch.context),
            self._pooled(objects, batch.mask),
            recent[:, 0] + 0.5 * recent[:, 1],
            recent[:, 2],
            self.verbs(batch.failed),
            self.errors(batch.error),
        ]
        return Scene(objects, batch.mask, self.whole(torch.cat(parts, -1)))

    def verb_logits(self, scene: Scene) -> torch.Tensor:
        """Return (B, verbs + 1), the last one to end."""
        logits: torch.Tensor = self.verb(scene.whole)
        return logits

    def first_logits(self, scene: Scene, verb: torch.Tensor) -> torch.Tensor:
        """Return (B, N), which object a verb (B,) takes."""
        logits: torch.Tensor = self.first(scene, [scene.whole, self._verb(verb)])
        return logits

    def second_logits(self, scene: Scene, verb: torch.Tensor, first: torch.Tensor) -> torch.Tensor:
        """Return (B, N), which second object, given the first one's place (B,)."""
        given = [scene.whole, self._verb(verb), _picked(scene, first)]
        logits: torch.Tensor = self.second(scene, given)
        return logits

    def feedback_logits(
        self, scene: Scene, verb: torch.Tensor, first: torch.Tensor, second: torch.Tensor
    ) -> torch.Tensor:
        """Return (B, kinds) for actions; a place of -1 means no such object."""
        parts = [scene.whole, self._verb(verb), _picked(scene, first), _picked(scene, second)]
        logits: torch.Tensor = self.feedback(torch.cat(parts, -1))
        return logits

    def _verb(self, verb: torch.Tensor) -> torch.Tensor:
        embedded: torch.Tensor = self.verbs(verb + 1)
        return embedded

    def _pooled(self, objects: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        scores = self.attention(objects).squeeze(-1).masked_fill(~mask, NOWHERE)
        return (torch.softmax(scores, -1)[..., None] * objects).sum(1)


def _picked(scene: Scene, place: torch.Tensor) -> torch.Tensor:
    """Return the objects (B, d) in places (B,), zeros for place -1."""
    index = place.clamp(min=0)[:, None, None].expand(-1, 1, scene.objects.shape[-1])
    return scene.objects.gather(1, index).squeeze(1) * (place >= 0)[:, None]
