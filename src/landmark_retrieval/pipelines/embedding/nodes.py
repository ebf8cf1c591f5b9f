"""Nodes of embedding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from landmark_retrieval.embeddings import Embeddings, JoinedEmbeddings, SelectedEmbeddings
from landmark_retrieval.formats.vectors import read_vectors
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.local_features.extraction import LocalFeatureStream, extract_features
from landmark_retrieval.local_features.factory import make_extractor
from landmark_retrieval.manifests.manifest import kept
from landmark_retrieval.manifests.pictures import pictures
from landmark_retrieval.models.config import EmbeddingSettings
from landmark_retrieval.pipelines.prefixes import group_by_prefix
from landmark_retrieval.verification.settings import GeometrySettings


def embed(
    model: Any, files: FileTree, images: pd.DataFrame, work: Path, settings: EmbeddingSettings, device: str
) -> Any:
    """Embeddings of a table's images, computed while they are saved and resumable."""
    from landmark_retrieval.models.device import choose_device
    from landmark_retrieval.models.extraction import extract

    return extract(model, files, images, settings, choose_device(device), work)


def embed_train(
    model: Any, manifest: pd.DataFrame, work: Path, settings: EmbeddingSettings, device: str, **raw: FileTree
) -> Any:
    """Embeddings of the images that a manifest keeps, computed while they are saved and resumable."""
    from landmark_retrieval.models.device import choose_device
    from landmark_retrieval.models.extraction import extract

    files, images = pictures(manifest, group_by_prefix(raw, "raw"))
    return extract(model, files, images, settings, choose_device(device), work)


def select_train(whole: Embeddings, manifest: pd.DataFrame) -> SelectedEmbeddings:
    """Embeddings of the images that a manifest keeps, from those of a variant that holds them all."""
    return SelectedEmbeddings(whole, kept(manifest)["image_id"].to_numpy(str))


def reader(source: str, split: str, *, complete: bool) -> Callable[[FileTree, pd.DataFrame], Embeddings]:
    """The node function that reads the embeddings of a source's index or queries; see `read_vectors`."""

    def read_embeddings(files: FileTree, images: pd.DataFrame) -> Embeddings:
        """Embeddings of a table's images, from files."""
        return read_vectors(files, source, split, images["image_id"], complete=complete)

    return read_embeddings


def train_reader(
    sources: Sequence[str], *, complete: bool
) -> Callable[[FileTree, pd.DataFrame], JoinedEmbeddings]:
    """The node function that reads the embeddings of a variant's images; see `read_vectors`."""

    def read_train_embeddings(files: FileTree, manifest: pd.DataFrame) -> JoinedEmbeddings:
        """Embeddings of the images that a manifest keeps, from files."""
        parts = []
        for source in sources:
            images = manifest[manifest["source"] == source]
            ids = kept(images)["image_id"]
            parts.append(read_vectors(files, source, "train", ids, images["image_id"], complete=complete))
        return JoinedEmbeddings(parts)

    return read_train_embeddings


def append_distractors(*parts: Embeddings) -> JoinedEmbeddings:
    """The index of a benchmark with the images of further sources behind it."""
    return JoinedEmbeddings(parts)


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
