"""DELF network: mid-level map of a trained backbone, attention and PCA of the descriptors."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.delf.pca import Reduction
from landmark_retrieval.local_features.delf.receptive_field import receptive_field
from landmark_retrieval.local_features.delf.settings import DelfModelSettings
from landmark_retrieval.local_features.delf.trunk import mid_level_stages
from landmark_retrieval.models.backbone import Backbone
from landmark_retrieval.models.model_files import read_model, write_model
from landmark_retrieval.models.weights import load_into

KIND = "delf"


class Attention(nn.Module):
    """Scores of the positions of a map: two 1×1 convolutions and softplus (Noh et al. 2017, §4.2)."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.hidden = nn.Conv2d(channels, hidden, kernel_size=1)
        self.norm = nn.BatchNorm2d(hidden)
        self.score = nn.Conv2d(hidden, 1, kernel_size=1)

    def forward(self, maps: Tensor) -> Tensor:
        """Scores `(b, h, w)` float32, at least 0, of maps `(b, channels, h, w)`."""
        with torch.autocast(maps.device.type, enabled=False):
            return functional.softplus(self.score(self.norm(self.hidden(maps.float())).relu()))[:, 0]


def attended(maps: Tensor, scores: Tensor) -> Tensor:
    """Mean over the positions of score times L2-normalised vector, `(b, channels)` float32.

    The paper sums the vectors as they are (Eq. 1); its code normalises them and divides by the number of
    positions, so that attention cannot follow their length and pictures of any size have equal weight.

    Maps are `(b, channels, h, w)`, scores `(b, h, w)`.
    """
    return torch.einsum("bchw,bhw->bc", functional.normalize(maps.float(), dim=1), scores) / scores[0].numel()


class DelfModel(nn.Module):
    """Dense, scored descriptors of a picture (Noh et al. 2017); the trunk is frozen.

    Attributes:
        settings: from which it was built.
        channels: of the mid-level map.
        field: receptive field of the map.
        trunk: stages of the backbone up to the map, copied.
        attention: scores of its positions.
        reduction: PCA of its vectors.

    Raises:
        DataError: the backbone has no map of the required stride, or the map has fewer channels than the
            descriptors have dimensions.
    """

    def __init__(self, settings: DelfModelSettings, backbone: Backbone) -> None:
        super().__init__()
        self.settings = settings
        self.trunk = mid_level_stages(backbone).requires_grad_(False)
        self.field = receptive_field(self.trunk)
        self.channels = _channels(self.trunk)
        if settings.dim > self.channels:
            raise DataError(
                f"descriptors of {settings.dim} dimensions from a map of {self.channels} channels"
            )
        self.attention = Attention(self.channels, settings.hidden)
        self.reduction = Reduction(self.channels, settings.dim)

    def train(self, mode: bool = True) -> DelfModel:
        """Set the mode of all but the trunk, whose batch normalisation stays in evaluation mode."""
        super().train(mode)
        self.trunk.eval()
        return self

    def maps(self, images: Tensor, *, amp: bool) -> Tensor:
        """Mid-level maps `(b, channels, h, w)` float32 of normalised images `(b, 3, height, width)`."""
        with torch.no_grad(), torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=amp):
            return self.trunk(images).float()


@torch.no_grad()
def _channels(trunk: nn.Module) -> int:
    return int(trunk(torch.zeros(1, 3, 64, 64)).shape[1])


def save_delf(model: DelfModel, folder: Path) -> None:
    """Write a model with its trunk to `folder`, in float32, each file atomically."""
    write_model(folder, model.settings, model.state_dict(), KIND)


def load_delf(folder: Path) -> DelfModel:
    """The model that `save_delf` wrote, on the CPU, in evaluation mode; nothing is downloaded.

    Raises:
        DataError: a file is missing, the files do not match, or they are of another kind of model.
    """
    settings, tensors = read_model(folder, DelfModelSettings, KIND)
    model = DelfModel(settings, Backbone(settings.backbone))
    load_into(model, tensors, source=str(folder))
    return model.eval()
