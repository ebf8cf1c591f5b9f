"""LightGlue: matching by a network that sees all keypoints of both pictures (Lindenberger et al. 2023).

The network is kornia's, an optional extra. Weights come from a file; nothing is ever downloaded.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.features import StoredFeatures
from landmark_retrieval.local_features.kornia_extractor import kornia_library
from landmark_retrieval.local_features.storage.quantisation import unit_rows
from landmark_retrieval.verification.matching import Matches

if TYPE_CHECKING:
    from torch import Tensor

Image = dict[str, "Tensor"]
"""Keypoints `(1, n, 2)` x, y and `image_size` `(1, 2)` width, height in pixels, descriptors `(1, n, d)`."""

_PART = "matcher."
"""What precedes the matcher's names in files that hold an extractor, too."""

_PUBLISHED = re.compile(r"^(self_attn|cross_attn)\.(\d+)\.")
"""Names of the authors' files: layers of either kind are numbered; kornia's are parts of `transformers`."""


class LightGlueSettings(Settings):
    """Which weights, and which of the network's matches are taken.

    Attributes:
        cost: time a pair takes, in those of `MatchingSettings`.
    """

    cost: ClassVar[int] = 256

    method: Literal["light_glue"] = Field(description="which matching these settings are of")
    features: Literal["aliked-n16", "disk", "xfeat"] = Field(
        description="local features that the weights were trained on, `model` of geometry.features"
    )
    weights: str = Field(description="file of the network's weights: .safetensors, or what torch saved")
    min_score: float = Field(ge=0, lt=1, description="probability that a match must exceed; published 0.1")


class LightGlueMatcher:
    """A `Matcher` by kornia's LightGlue, a pair at a time, on the processor.

    Attributes:
        network: with the given weights, in evaluation mode.

    Raises:
        DataError: kornia is not installed, or the weights cannot be read or do not fit.
    """

    def __init__(self, settings: LightGlueSettings) -> None:
        from landmark_retrieval.models.tensor_files import fill, read_tensors

        path = Path(settings.weights)
        state = read_tensors(path, ("model", "state_dict"))
        network = make_network(settings)
        fill(network, kornia_names(state), path, f"LightGlue of {settings.features}")
        self.network, self._features = network.eval(), settings.features

    def prepare(self, image_id: str, features: StoredFeatures) -> Image:
        """Keypoints, descriptors and size of one picture.

        Raises:
            DataError: descriptors are of another length, or the size was not stored.
        """
        import torch

        found, expected = features.descriptors.shape[1], self.network.conf.input_dim
        if len(features) and (found != expected or features.size is None):
            what = "no size of the picture" if features.size is None else f"{found} values a descriptor"
            raise DataError(
                f"LightGlue of {self._features}: local features of {image_id} have {what}, expected "
                f"{expected} values and a size; extract them again with kind: kornia, model: {self._features}"
            )
        arrays = {
            "keypoints": features.keypoints,
            "descriptors": unit_rows(features.descriptors),
            "image_size": np.array(features.size or (0, 0), np.float32),
        }
        return {name: torch.from_numpy(array)[None] for name, array in arrays.items()}

    def match(self, first: Image, second: Image) -> Matches:
        """Mutual one-to-one matches, `(k, 2)` int64 rows of both, the most probable first."""
        import torch

        if not first["keypoints"].shape[1] or not second["keypoints"].shape[1]:
            return np.zeros((0, 2), np.int64)
        with torch.inference_mode():
            found = self.network({"image0": first, "image1": second})
        matches, scores = found["matches"][0].numpy(), found["scores"][0].numpy()
        order = np.lexsort((matches[:, 1], matches[:, 0], -scores))
        return matches[order].astype(np.int64)


def make_network(settings: LightGlueSettings) -> Any:
    """Kornia's network for these features, whose parameters are still to be filled."""
    network = kornia_library().feature.LightGlue
    published = network.features[settings.features.partition("-")[0]]
    return network(None, **{**published, "weights": None, "filter_threshold": settings.min_score})


def kornia_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights under kornia's names, given under these or under those of the authors' files."""
    parts = {key.removeprefix(_PART): tensor for key, tensor in state.items() if key.startswith(_PART)}
    return {_PUBLISHED.sub(r"transformers.\2.\1.", key): tensor for key, tensor in (parts or state).items()}


def known_by_content(settings: LightGlueSettings) -> LightGlueSettings:
    """The settings with what determines the network in place of the path of its weights.

    Raises:
        DataError: there is no such file.
    """
    path = Path(settings.weights)
    if not path.is_file():
        raise DataError(f"no weights at {path}")
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    return settings.model_copy(update={"weights": f"{content} kornia {kornia_library().__version__}"})
