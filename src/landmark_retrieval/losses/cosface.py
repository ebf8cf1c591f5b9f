"""CosFace: a margin on the cosine."""

from __future__ import annotations

from torch import Tensor

from landmark_retrieval.losses.cosine_softmax import CosineSoftmax


class CosFace(CosineSoftmax):
    """The target's logit is `s·(cos θ − m)`."""

    def with_margin(self, cosines: Tensor) -> Tensor:
        """`cos θ − m` of `cosines`, any shape."""
        return cosines - self.margin
