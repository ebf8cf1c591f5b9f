"""A seeded split of photographs that no other landmark can change."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from landmark_retrieval.configuration import Settings

if TYPE_CHECKING:
    from landmark_retrieval.formats.files.photo_files import Photo


class PhotoFolderSettings(Settings):
    """How a folder of photographs becomes train, index and query; fractions are of a landmark's photographs.

    The rest of a landmark is its training set; the fractions are not used where the folder gives the splits.
    """

    seed: int = Field(ge=0)
    query_fraction: float = Field(gt=0, lt=1)
    index_fraction: float = Field(gt=0, lt=1)
    public_fraction: float = Field(ge=0, le=1)
    distractor_query_fraction: float = Field(ge=0, le=1)
    distractor_folders: tuple[str, ...]

    @model_validator(mode="after")
    def _fractions_fit(self) -> PhotoFolderSettings:
        if self.query_fraction + self.index_fraction > 1:
            raise ValueError("query_fraction and index_fraction together are more than 1")
        return self


def assign_splits(photos: list[Photo], settings: PhotoFolderSettings) -> list[str]:
    """The split of each photograph: the given one, else by hashes of the seed and its path.

    A landmark with two photographs or more has at least one query and one index image; a single photograph is
    for training. Distractors are drawn one by one into query or index. What a landmark becomes depends on its
    own photographs only.
    """
    if photos and photos[0].split:
        return [photo.split for photo in photos]
    splits = {}
    landmarks: dict[str, list[str]] = defaultdict(list)
    for photo in photos:
        landmarks[photo.landmark].append(photo.path)
    for path in landmarks.pop("", []):
        drawn = _draw(settings.seed, "split", path)
        splits[path] = "query" if drawn < settings.distractor_query_fraction else "index"
    for paths in landmarks.values():
        splits.update(_split_landmark(paths, settings))
    return [splits[photo.path] for photo in photos]


def draw_usage(path: str, settings: PhotoFolderSettings) -> str:
    """Public or Private, by a hash of the seed and the path."""
    return "Public" if _draw(settings.seed, "usage", path) < settings.public_fraction else "Private"


def _split_landmark(paths: list[str], settings: PhotoFolderSettings) -> dict[str, str]:
    n = len(paths)
    if n == 1:
        return {paths[0]: "train"}
    n_query = _share(settings.query_fraction, n, at_most=n - 1)
    n_index = _share(settings.index_fraction, n, at_most=n - n_query)
    splits = ["query"] * n_query + ["index"] * n_index + ["train"] * (n - n_query - n_index)
    drawn = sorted(paths, key=lambda path: (_draw(settings.seed, "split", path), path))
    return dict(zip(drawn, splits, strict=True))


def _share(fraction: float, n: int, at_most: int) -> int:
    return min(max(1, int(fraction * n + 0.5)), at_most)


def _draw(seed: int, purpose: str, path: str) -> float:
    digest = hashlib.blake2b(f"{seed}\0{purpose}\0{path}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
