"""The DELF model: the mid-level map of a trained backbone, attention and the reduction of descriptors."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.delf.attention import Attention
from landmark_retrieval.local_features.delf.pca import Reduction
from landmark_retrieval.local_features.delf.receptive_field import receptive_field
from landmark_retrieval.local_features.delf.settings import DelfModelSettings
from landmark_retrieval.local_features.delf.trunk import mid_level_stages
from landmark_retrieval.models.backbone import Backbone


class DelfModel(nn.Module):
    """Dense descriptors of a picture with a score each (Noh et al. 2017); its trunk is frozen.

    Attributes:
        settings: what it was made from.
        channels: of the mid-level map.
        field: receptive field of the map.
        trunk: stages of the backbone up to the map.
        attention: scores of its positions.
        reduction: of its vectors to descriptors.

    Args:
        settings: of the model.
        backbone: that the trunk is copied from.

    Raises:
        DataError: the backbone has no map of the required stride, or the map fewer channels than descriptors
            shall have dimensions.
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
        """Set the mode of all but the trunk, whose batch normalisation stays as it was trained."""
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
