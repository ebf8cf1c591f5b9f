"""Settings of embedding models and of embedding."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from landmark_retrieval.configuration import Settings

Side = Annotated[int, Field(gt=0)]


class AspectGroups(Settings):
    """Bins of the ratio height / width and the size of each group (two-stage paper §5.1).

    Attributes:
        bins: ascending ratios; a ratio equal to a bin belongs to the upper group.
        sizes: `(width, height)` in pixels of each group, one more than bins.
    """

    bins: tuple[Annotated[float, Field(gt=0)], ...]
    sizes: tuple[tuple[Side, Side], ...]

    @model_validator(mode="after")
    def _fit_together(self) -> AspectGroups:
        if any(low >= high for low, high in pairwise(self.bins)):
            raise ValueError(f"bins must ascend: {self.bins}")
        if len(self.sizes) != len(self.bins) + 1:
            raise ValueError(f"{len(self.bins)} bins make {len(self.bins) + 1} groups, not {len(self.sizes)}")
        return self

    def group_of(self, widths: ArrayLike, heights: ArrayLike) -> NDArray[np.int64]:
        """Group of each picture, `(n,)` int64, from its sides in pixels."""
        ratios = np.asarray(heights, dtype=np.float64) / np.asarray(widths, dtype=np.float64)
        return np.searchsorted(np.asarray(self.bins), ratios, side="right").astype(np.int64)


class ModelSettings(Settings):
    """An embedding model: backbone, GeM pooling, projection.

    Attributes:
        backbone: name of a convolutional classification model of torchvision.
        weights: None (random), the name of torchvision weights ("IMAGENET1K_V2"), a `.pth`, `.pt` or
            `.safetensors` file for the backbone (`caffe:<file>` where it expects BGR pixels in 0–255, as
            weights that come from Caffe do), or a folder made by `save_model` for the whole model.
        gem_p: exponent of GeM pooling: 1 is average pooling, infinity would be max pooling.
        gem_trainable: whether the exponent is learned, starting at `gem_p`.
        dim: dimension after the fully connected layer and batch normalisation; None leaves both out, the
            pooled vector is the embedding.
        seed: of the random initialisation.
    """

    backbone: str
    weights: str | None
    gem_p: Annotated[float, Field(gt=0)]
    gem_trainable: bool
    dim: Annotated[int, Field(gt=0)] | None
    seed: Annotated[int, Field(ge=0)]


class SuperGlobalSettings(Settings):
    """SuperGlobal's pooling of a trained network at test time.

    Attributes:
        relu_floor: activations below it are raised to it in every stage but the last (ReLUP); None leaves
            them as they are, the only choice for backbones without ReLU.
        regional_p: exponent within the windows of Regional-GeM.
        window: side of these windows in positions of the feature map, odd; the map must be larger than half
            a window: at stride 32, `min_side` 96 suffices for a window of 5.
        gem_p: exponent over the positions (GeM+).
        unit_length: whether the pooled vector goes into the projection L2-normalised, as published; else
            with the length that the model's own pooling would give it, which a projection with an offset
            (batch normalisation) was trained on.
    """

    relu_floor: Annotated[float, Field(gt=0)] | None
    regional_p: Annotated[float, Field(gt=0)]
    window: Annotated[int, Field(gt=0)]
    gem_p: Annotated[float, Field(gt=0)]
    unit_length: bool

    @model_validator(mode="after")
    def _has_a_middle(self) -> SuperGlobalSettings:
        if self.window % 2 == 0:
            raise ValueError(f"window must be odd: {self.window}")
        return self


class EmbeddingSettings(Settings):
    """How photographs are resized and embedded.

    Attributes:
        aspect_groups: sizes by aspect ratio, or None.
        max_side: longer side in pixels that larger photographs are shrunk to, keeping their ratio, or None.
            Exactly one of the two is given.
        scales: factors of the resized photograph at which the network sees it.
        super_global: SuperGlobal's pooling, with the element-wise maximum over scales; None pools as the
            model was trained.
        multiple_of: pixels; sides are floored to it at every scale, as the network's stride would cut them.
        min_side: pixels; sides are at least that long at every scale.
        batch_size: photographs of one size in a forward pass.
        amp: bfloat16 autocast.
        threads: of the network on a CPU, on which the last digits depend.
        workers: background threads that decode.
    """

    aspect_groups: AspectGroups | None
    max_side: Annotated[int, Field(gt=0)] | None
    scales: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=1)]
    multiple_of: Annotated[int, Field(gt=0)]
    min_side: Annotated[int, Field(gt=0)]
    batch_size: Annotated[int, Field(gt=0)]
    amp: bool
    threads: Annotated[int, Field(gt=0)]
    workers: Annotated[int, Field(gt=0)]
    super_global: SuperGlobalSettings | None

    @model_validator(mode="after")
    def _one_rule(self) -> EmbeddingSettings:
        if (self.aspect_groups is None) == (self.max_side is None):
            raise ValueError("give exactly one of aspect_groups and max_side, the other is null")
        return self
