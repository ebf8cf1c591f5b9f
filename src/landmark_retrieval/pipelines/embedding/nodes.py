"""Nodes of embedding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.local_features.extraction import LocalFeatureStream, extract_features
from landmark_retrieval.local_features.factory import make_extractor
from landmark_retrieval.manifests.manifest import kept
from landmark_retrieval.models.config import EmbeddingSettings
from landmark_retrieval.verification.geometry import GeometrySettings

Embed = Callable[[Any, FileTree, pd.DataFrame, EmbeddingSettings, str], Any]


def embed(model: Any, files: FileTree, images: pd.DataFrame, settings: EmbeddingSettings, device: str) -> Any:
    """Embeddings of a table's images, computed while they are saved."""
    from landmark_retrieval.models.device import choose_device
    from landmark_retrieval.models.extraction import extract

    return extract(model, files, images, settings, choose_device(device))


def embed_train(
    model: Any, files: FileTree, manifest: pd.DataFrame, settings: EmbeddingSettings, device: str
) -> Any:
    """Embeddings of the images that a manifest keeps, computed while they are saved."""
    return embed(model, files, kept(manifest), settings, device)


def embed_regions(
    model: Any, files: FileTree, images: pd.DataFrame, settings: EmbeddingSettings, levels: int, device: str
) -> Any:
    """Descriptors of the R-MAC regions of a table's images, computed while they are saved."""
    from landmark_retrieval.models.device import choose_device
    from landmark_retrieval.models.region_extraction import extract_regions

    return extract_regions(model, files, images, settings, levels, choose_device(device))


def extract_local_features(
    files: FileTree, images: pd.DataFrame, geometry: GeometrySettings, device: str, delf: Any | None = None
) -> LocalFeatureStream:
    """Local features of a table's images, of queries within their boxes, found while they are saved."""
    found_by = make_extractor(geometry.features, device, delf)
    return extract_features(files, images, found_by, geometry.workers, crop=True)
