"""Training step."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim import Optimizer

from landmark_retrieval.losses.cosine_softmax import CosineSoftmax
from landmark_retrieval.models.embedding_model import EmbeddingModel


def training_step(
    model: EmbeddingModel,
    head: CosineSoftmax,
    optimiser: Optimizer,
    images: Tensor,
    labels: Tensor,
    *,
    amp: bool,
) -> Tensor:
    """Learn from a batch; the sums of its losses and of its right answers, `(2,)` float64.

    Args:
        model: in training mode, fastest with its weights in channels-last memory.
        head: of the loss.
        optimiser: over the parameters of both.
        images: normalised, `(b, 3, height, width)` float32.
        labels: `(b,)` int64.
        amp: bfloat16 autocast in the backbone.
    """
    with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=amp):
        vectors = model(images)
    cosines = head.cosines(vectors)
    loss = functional.cross_entropy(head.logits(cosines, labels), labels)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    n_right = (cosines.argmax(dim=1) == labels).sum()
    return torch.stack([loss.detach().double() * len(labels), n_right.double()])
