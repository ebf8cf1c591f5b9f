"""Trained extractors of the library kornia: DISK, ALIKED and XFeat.

An optional extra. Nothing is ever downloaded: weights come from a file, as their authors publish them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.extractor import fingerprint_of
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.scaling import MAX_SIDE, scaled
from landmark_retrieval.parallel.one_thread import torch_threads

if TYPE_CHECKING:
    import torch
    from torch import Tensor

MIN_SIDE = 32
"""Shorter pictures get no features: the deepest layer of DISK sees two positions of them."""

WRAPPERS = ("extractor", "state_dict", "model")
"""Keys under which training programs put the weights of the network, DISK's authors the first."""

Found = tuple["Tensor", "Tensor", "Tensor"]
"""Keypoints `(n, 2)`, descriptors `(n, d)` and scores `(n,)` of a batch of one."""


class KorniaSettings(Settings):
    """Which network, which weights, and what is kept of a picture."""

    kind: Literal["kornia"] = Field(description="which extractor these settings are of")
    model: Literal["disk", "aliked-t16", "aliked-n16", "aliked-n16rot", "aliked-n32", "xfeat"] = Field(
        description="DISK (128 values a descriptor), ALIKED (t16 64, the others 128) or XFeat (64)"
    )
    weights: str = Field(description="file of the network's weights: .safetensors, or what torch saved")
    max_keypoints: int = Field(gt=0, description="strongest keypoints kept per picture")
    max_side: int = Field(
        ge=MIN_SIDE, le=MAX_SIDE, description="pixels; a longer side is scaled down to it before detection"
    )
    detection_threshold: float = Field(
        description="what a detection must exceed: DISK 0, XFeat 0.05, ALIKED 0.2 or 0 for the strongest"
    )
    threads: int = Field(gt=0, description="of the network on a CPU, on which the last digits depend")


class Kornia:
    """An `Extractor` by one of kornia's networks; CPU and CUDA agree up to rounding.

    Attributes:
        fingerprint: of settings, the content of the weights and kornia's version; not of the device.
        one_at_a_time: True; a network uses the whole device for one picture.

    Raises:
        DataError: kornia is not installed, or the weights cannot be read or are those of another network.
    """

    one_at_a_time = True

    def __init__(self, settings: KorniaSettings, device: torch.device) -> None:
        from landmark_retrieval.models.tensor_files import fill, read_tensors

        kornia = kornia_library()
        path = Path(settings.weights)
        self._settings, self._device = settings, device
        self._network, self._detect = _NETWORKS[settings.model.partition("-")[0]](kornia.feature, settings)
        fill(self._network, read_tensors(path, WRAPPERS), path, settings.model)
        self._network.eval().to(self._device)
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        portable = settings.model_copy(update={"weights": content})
        self.fingerprint = fingerprint_of(portable, kornia=kornia.__version__)

    def __call__(self, image: NDArray[np.uint8]) -> LocalFeatures:
        """Features of a picture `(h, w, 3)` uint8 RGB; ties in score are sorted by y, then x."""
        import torch

        small = scaled(image, self._settings.max_side)
        height, width = small.shape[:2]
        if min(height, width) < MIN_SIDE:
            nothing = np.zeros((0, 2), np.float32)
            return LocalFeatures(nothing, nothing[:, :0], nothing[:, 0], size=(width, height))
        pixels = torch.from_numpy(np.ascontiguousarray(small)).to(self._device)
        with torch.inference_mode(), torch_threads(self._settings.threads):
            found = self._detect(pixels.permute(2, 0, 1)[None].float() / 255)
        keypoints, descriptors, scores = (tensor.float().cpu().numpy() for tensor in found)
        order = np.lexsort((keypoints[:, 0], keypoints[:, 1], -scores))[: self._settings.max_keypoints]
        keypoints, descriptors, scores = keypoints[order], descriptors[order], scores[order]
        return LocalFeatures(keypoints, descriptors, scores, size=(width, height))


def kornia_library() -> Any:
    """The library with its `feature`; `DataError` naming the extra if it is not installed."""
    try:
        import_module("kornia.feature")
        return import_module("kornia")
    except ImportError as error:
        raise DataError(f"the library kornia is needed: install the extra `extractors` ({error})") from error


def _disk(feature: Any, settings: KorniaSettings) -> tuple[Any, Callable[[Tensor], Found]]:
    network = feature.DISK()

    def detect(pixels: Tensor) -> Found:
        found = network(
            pixels,
            settings.max_keypoints,
            score_threshold=settings.detection_threshold,
            pad_if_not_divisible=True,
        )[0]
        return found.keypoints, found.descriptors, found.detection_scores

    return network, detect


def _aliked(feature: Any, settings: KorniaSettings) -> tuple[Any, Callable[[Tensor], Found]]:
    network = feature.ALIKED(settings.model, settings.max_keypoints, settings.detection_threshold)

    def detect(pixels: Tensor) -> Found:
        found = network(pixels)[0]
        return found.keypoints, found.descriptors, found.keypoint_scores

    return network, detect


def _xfeat(feature: Any, settings: KorniaSettings) -> tuple[Any, Callable[[Tensor], Found]]:
    whole = feature.XFeat(settings.max_keypoints, settings.detection_threshold)

    def detect(pixels: Tensor) -> Found:
        found = whole.detectAndCompute(pixels)[0]
        return found["keypoints"], found["descriptors"], found["scores"]

    return whole.net, detect


_NETWORKS = {"disk": _disk, "aliked": _aliked, "xfeat": _xfeat}
