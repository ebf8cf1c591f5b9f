"""Common part of ArcFace and CosFace: scaled cosines, and a margin for the right landmark."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional


class CosineSoftmax(nn.Module, ABC):
    """Head of a cosine softmax loss; features and landmark vectors are normalised at every step.

    Attributes:
        weight: `(n_landmarks, dim)` float32, one vector per landmark.
        scale: s, factor of the cosines.
        margin: m of the loss.
    """

    def __init__(self, n_landmarks: int, dim: int, scale: float, margin: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_landmarks, dim))
        nn.init.xavier_uniform_(self.weight)
        self.scale = scale
        self.margin = margin

    def cosines(self, vectors: Tensor) -> Tensor:
        """Cosine of each vector `(b, dim)` to each landmark, `(b, n_landmarks)` float32."""
        return functional.linear(functional.normalize(vectors.float()), functional.normalize(self.weight))

    def logits(self, cosines: Tensor, labels: Tensor) -> Tensor:
        """Logits `(b, n_landmarks)`, those of the right landmarks `labels` `(b,)` int64 with the margin."""
        target = labels.unsqueeze(1)
        hardened = self.with_margin(cosines.gather(1, target))
        return self.scale * cosines.scatter(1, target, hardened)

    @abstractmethod
    def with_margin(self, cosines: Tensor) -> Tensor:
        """The margin applied to the cosines of the right landmarks, any shape."""
