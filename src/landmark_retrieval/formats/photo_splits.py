"""Splits of photographs: seeded, with copies in one split, and unchanged by other landmarks."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from landmark_retrieval.configuration import Settings
from landmark_retrieval.near_duplicates.copies import CopySettings

if TYPE_CHECKING:
    from landmark_retrieval.formats.files.photo_files import Photo

_DRAWN = ("query", "index", "train")
"""Splits in the order in which a landmark's groups fill them."""


class PhotoFolderSettings(Settings):
    """How a folder of photographs becomes train, index and query; fractions are of groups of copies.

    The rest of a landmark is its training set; the fractions are not used where the folder gives the splits.
    """

    seed: int = Field(ge=0)
    query_fraction: float = Field(gt=0, lt=1)
    index_fraction: float = Field(gt=0, lt=1)
    public_fraction: float = Field(ge=0, le=1)
    distractor_query_fraction: float = Field(ge=0, le=1)
    distractor_folders: tuple[str, ...]
    copies: CopySettings

    @model_validator(mode="after")
    def _fractions_fit(self) -> PhotoFolderSettings:
        if self.query_fraction + self.index_fraction > 1:
            raise ValueError("query_fraction and index_fraction together are more than 1")
        return self


def assign_splits(photos: list[Photo], groups: list[str], settings: PhotoFolderSettings) -> list[str]:
    """The split of each photograph: the given one, else by hashes of the seed and the name of its group.

    What is drawn are groups of copies, so that no picture is in two splits; the fractions are of a landmark's
    groups. A landmark with two groups or more has at least one query and one index image; one with a single
    group is for training. Groups with a distractor are drawn one by one into query or index. What a landmark
    becomes depends on its own groups only, unless it shares one with others: such a group is settled by the
    first of them (distractors before landmarks, then those with the fewest groups), and each other landmark
    has a query and an index image as far as what is left to it allows.

    Args:
        photos: all photographs.
        groups: for each the name of its group, the smallest path in it.
        settings: seed and fractions.
    """
    if photos and photos[0].split:
        return [photo.split for photo in photos]
    landmarks: dict[str, set[str]] = defaultdict(set)
    for photo, group in zip(photos, groups, strict=True):
        landmarks[photo.landmark].add(group)
    settled = {}
    for group in landmarks.pop("", set()):
        drawn = _draw(settings.seed, "split", group)
        settled[group] = "query" if drawn < settings.distractor_query_fraction else "index"
    for _, names in sorted(landmarks.items(), key=_turn):
        settled.update(_split_landmark(names, settled, settings))
    return [settled[group] for group in groups]


def draw_usage(group: str, settings: PhotoFolderSettings) -> str:
    """Public or Private, by a hash of the seed and the name of a group."""
    return "Public" if _draw(settings.seed, "usage", group) < settings.public_fraction else "Private"


def _turn(landmark: tuple[str, set[str]]) -> tuple[bool, int, str]:
    name, groups = landmark
    return len(groups) == 1, len(groups), name


def _split_landmark(
    groups: set[str], settled: dict[str, str], settings: PhotoFolderSettings
) -> dict[str, str]:
    """The splits of those groups of a landmark that are not settled yet."""
    free = sorted(groups - settled.keys(), key=lambda group: (_draw(settings.seed, "split", group), group))
    if len(groups) == 1:
        return dict.fromkeys(free, "train")
    present = Counter(settled[group] for group in groups & settled.keys())
    missing = _shares(len(groups), settings) - present
    absent = [split for split in ("query", "index") if not present[split]]
    wanted = [*absent, *(missing - Counter(absent)).elements()][: len(free)]
    return dict(zip(free, sorted(wanted, key=_DRAWN.index), strict=True))


def _shares(n: int, settings: PhotoFolderSettings) -> Counter[str]:
    n_query = _share(settings.query_fraction, n, at_most=n - 1)
    n_index = _share(settings.index_fraction, n, at_most=n - n_query)
    return Counter(query=n_query, index=n_index, train=n - n_query - n_index)


def _share(fraction: float, n: int, at_most: int) -> int:
    return min(max(1, int(fraction * n + 0.5)), at_most)


def _draw(seed: int, purpose: str, name: str) -> float:
    digest = hashlib.blake2b(f"{seed}\0{purpose}\0{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
