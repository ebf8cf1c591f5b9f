"""Interface of local feature extractors."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from landmark_retrieval.local_features.features import LocalFeatures


class Extractor(Protocol):
    """A function from pictures to local features, identified by a fingerprint."""

    @property
    def fingerprint(self) -> str:
        """Of everything that determines the features: kind, settings, weights, library."""
        ...

    @property
    def one_at_a_time(self) -> bool:
        """Whether pictures are passed one after the other, as to networks, not by several threads."""
        ...

    def __call__(self, image: NDArray[np.uint8]) -> LocalFeatures:
        """Features of a picture `(h, w, 3)` uint8 RGB, keypoints in pixels of it `scaled` to `max_side`."""
        ...


def fingerprint_of(settings: BaseModel, **more: Any) -> str:
    """SHA-256 of settings and of everything else that determines the features."""
    content = json.dumps([settings.model_dump(mode="json"), more], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
