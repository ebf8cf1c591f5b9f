"""DELF: local features at the positions selected by a trained attention (Noh et al. 2017)."""

from __future__ import annotations

import copy

import numpy as np
import torch
from numpy.typing import NDArray

from landmark_retrieval.local_features.delf.keypoints import exact_convolutions, find_keypoints
from landmark_retrieval.local_features.delf.model import DelfModel
from landmark_retrieval.local_features.delf.settings import DelfSettings
from landmark_retrieval.local_features.extractor import fingerprint_of
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.models.fingerprint import model_fingerprint
from landmark_retrieval.parallel.one_thread import torch_threads


class Delf:
    """Extractor of DELF features.

    Descriptors are computed in float32 (TF32 forbidden), the backbone in bfloat16 only where `amp` is set.
    CPU and CUDA agree up to rounding.

    Attributes:
        fingerprint: SHA-256 of settings, weights and the version of torch.
        one_at_a_time: True; a network uses the whole device for one picture.
    """

    one_at_a_time = True

    def __init__(self, model: DelfModel, settings: DelfSettings, device: torch.device) -> None:
        self._model = on_device(model, device)
        self._settings, self._device = settings, device
        self.fingerprint = fingerprint_of(settings, model=model_fingerprint(model), torch=torch.__version__)

    def __call__(self, image: NDArray[np.uint8]) -> LocalFeatures:
        """Features of a picture `(height, width, 3)` uint8 RGB, in pixels of it scaled to `max_side`."""
        with torch_threads(self._settings.threads):
            found = find_keypoints(self._model, image, self._settings, self._device)
            with torch.inference_mode(), exact_convolutions():
                descriptors = self._model.reduction(found.vectors).cpu().numpy()
        return LocalFeatures(found.points, descriptors, found.scores)


def on_device(model: DelfModel, device: torch.device) -> DelfModel:
    """A copy of a model that is ready to extract on `device`."""
    return copy.deepcopy(model).eval().to(device).to(memory_format=torch.channels_last)
