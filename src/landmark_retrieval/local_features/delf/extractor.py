"""DELF: local features at the positions that a trained attention finds telling (Noh et al. 2017)."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.reading import read_rgb
from landmark_retrieval.local_features.delf.keypoints import exact_convolutions, find_keypoints, pyramid
from landmark_retrieval.local_features.delf.model import DelfModel
from landmark_retrieval.local_features.delf.settings import DelfSettings, KeypointSettings
from landmark_retrieval.local_features.extractor import fingerprint_of
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.scaling import scaled
from landmark_retrieval.models.fingerprint import model_fingerprint
from landmark_retrieval.parallel.prefetch import prefetch


class Delf:
    """Extractor of DELF features.

    Descriptors are computed in float32 (TF32 forbidden), the backbone in bfloat16 only where `amp` is set.
    CPU and CUDA agree up to rounding.

    Attributes:
        fingerprint: SHA-256 of what decides the features: settings, weights and the version of torch.
        one_at_a_time: True; a network uses all of the device for one picture.

    Args:
        model: stays as it is.
        settings: scales and bounds.
        device: to compute on.
    """

    one_at_a_time = True

    def __init__(self, model: DelfModel, settings: DelfSettings, device: torch.device) -> None:
        self._model = on_device(model, device)
        self._settings, self._device = settings, device
        self.fingerprint = fingerprint_of(settings, model=model_fingerprint(model), torch=torch.__version__)

    def __call__(self, image: NDArray[np.uint8]) -> LocalFeatures:
        """Features of a picture `(height, width, 3)` uint8 RGB, in pixels of it scaled to `max_side`."""
        found = find_keypoints(self._model, image, self._settings, self._device)
        with torch.inference_mode(), exact_convolutions():
            descriptors = self._model.reduction(found.vectors).cpu().numpy()
        return LocalFeatures(found.points, descriptors, found.scores)


def on_device(model: DelfModel, device: torch.device) -> DelfModel:
    """A copy of a model that is ready to extract on `device`."""
    return copy.deepcopy(model).eval().to(device).to(memory_format=torch.channels_last)


def score_distribution(
    model: DelfModel,
    images: FileTree,
    paths: list[str],
    settings: KeypointSettings,
    device: torch.device,
    quantiles: Iterable[float],
) -> pd.DataFrame:
    """How attention is spread over all positions of pictures, to choose `min_score` by.

    Args:
        model: to look with.
        images: files that the paths lie in.
        paths: of the pictures.
        settings: scales and `max_side`; the bounds on keypoints play no part.
        device: to compute on.
        quantiles: 0 to 1, shares of the positions that lie below.

    Returns:
        A row per quantile: `quantile`, `score`, and `keypoints_per_image`, the mean number of positions with
        at least that score.

    Raises:
        DataError: a picture cannot be read.
    """
    ready = on_device(model, device)
    scores = [np.zeros(0, np.float32)]
    for image in prefetch(paths, lambda path: read_rgb(images, path), workers=1):
        levels = pyramid(ready, scaled(image, settings.max_side), settings, device)
        scores += [level.scores for level in levels]
    every = np.sort(np.concatenate(scores))
    shares = np.asarray(list(quantiles), np.float64)
    bounds = np.quantile(every, shares, method="lower") if len(every) else np.full(len(shares), np.nan)
    above = (len(every) - np.searchsorted(every, bounds)) / max(len(paths), 1)
    return pd.DataFrame({"quantile": shares, "score": bounds, "keypoints_per_image": above})
