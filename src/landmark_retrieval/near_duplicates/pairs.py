"""Near-duplicate images: the same file, the same picture saved again, or nearly the same view."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from time import perf_counter

import numpy as np
import pandas as pd
from pydantic import Field

from landmark_retrieval.arrays import Floats, Int64s
from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.manifest import kept
from landmark_retrieval.near_duplicates.copies import CopySettings, group_copies, same_files, same_looks
from landmark_retrieval.near_duplicates.hash_neighbours import HashPairs
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.search.settings import SearchSettings, build_with, search_with
from landmark_retrieval.tables import CopyGroups, table_of

logger = logging.getLogger(__name__)

KINDS = ("bytes", "perceptual", "embedding")
_IMAGE = ["source", "split", "image_id"]
_SIDES = {
    "image_id": "other_id",
    "split": "other_split",
    "source": "other_source",
    "landmark_id": "other_landmark_id",
}
_CELLS = ["source", "split", "other_source", "other_split"]


class NearDuplicateSettings(CopySettings):
    """When two images count as near-duplicates: as copies, or by their embeddings."""

    min_cosine: float = Field(gt=0, le=1, description="similarity of the embeddings of a pair")
    neighbours: int = Field(gt=0, description="nearest training images considered for each image")


def near_duplicates(
    manifest: pd.DataFrame,
    hashes: Mapping[str, pd.DataFrame],
    train: Embeddings,
    benchmarks: Mapping[str, Mapping[str, Embeddings]],
    settings: NearDuplicateSettings,
    searching: SearchSettings,
) -> pd.DataFrame:
    """All near-duplicate pairs within the training set, within a benchmark and between them.

    Files and perceptual hashes are compared all with all; embeddings of training images and of benchmarks
    with training images, as far as one of a pair is among the `neighbours` nearest of the other.

    Args:
        manifest: `tables.Manifest`; what it keeps is the training set.
        hashes: by source, `image_id`, `split`, `sha256`, `perceptual` as `images.inspection` makes them: of
            every source of the manifest (split `train`) and of every benchmark (all its other splits).
        train: embeddings of what the manifest keeps.
        benchmarks: by benchmark and split, the embeddings of its images.
        settings: thresholds.
        searching: exact or approximate.

    Returns:
        `tables.NearDuplicates`, ordered by kind and images. A pair occurs once per kind, its first image is
        the first by (source, split, id).

    Raises:
        DataError: an image has no hash or two, or embeddings are not of the images expected.
    """
    started = perf_counter()
    images = _listed(manifest, hashes, list(benchmarks))
    pairs = {
        "bytes": _as_floats(same_files(images, settings)),
        "perceptual": _as_floats(same_looks(images, settings)),
        "embedding": _same_views(images, train, benchmarks, settings, searching),
    }
    table = pd.concat([_table(images, kind, *pairs[kind]) for kind in KINDS], ignore_index=True)
    seconds = perf_counter() - started
    logger.info(
        "near duplicates of %d images: %s pairs, in %.1f s (%.0f images a second)",
        len(images), ", ".join(f"{len(pairs[kind][0])} {kind}" for kind in KINDS), seconds,
        len(images) / max(seconds, 1e-9),
    )  # fmt: skip
    return table


def copy_groups(
    manifest: pd.DataFrame, hashes: Mapping[str, pd.DataFrame], settings: CopySettings
) -> pd.DataFrame:
    """Groups of training images that are copies of each other (`copies.group_copies`).

    Returns:
        `tables.CopyGroups` of what the manifest keeps, in its order; arguments and errors as of
        `near_duplicates`.
    """
    images = _training(manifest, hashes)
    groups = group_copies(images, settings)
    rows = zip(images["image_id"], groups.tolist(), strict=True)
    return table_of(CopyGroups, rows)


def summarise_near_duplicates(table: pd.DataFrame) -> pd.DataFrame:
    """Counts of `near_duplicates` by kind and pair of splits, in the order of the table.

    Returns:
        Columns `kind`, `source`, `split`, `other_source`, `other_split`, `pairs`, of these `same_landmark`,
        `different_landmark` and `without_landmark` (one of the two has none), and `images` and `others`
        (different ones on each side).
    """
    known = table["landmark_id"].notna() & table["other_landmark_id"].notna()
    same = known & (table["landmark_id"] == table["other_landmark_id"]).fillna(False)
    counted = table.assign(same_landmark=same, different_landmark=known & ~same, without_landmark=~known)
    groups = counted.groupby(["kind", *_CELLS], sort=False)
    return groups.agg(
        pairs=("distance", "size"),
        same_landmark=("same_landmark", "sum"),
        different_landmark=("different_landmark", "sum"),
        without_landmark=("without_landmark", "sum"),
        images=("image_id", "nunique"),
        others=("other_id", "nunique"),
    ).reset_index()


def _listed(
    manifest: pd.DataFrame, hashes: Mapping[str, pd.DataFrame], benchmarks: list[str]
) -> pd.DataFrame:
    """Every image by (source, split, id), with its landmark, hashes and the code of its split."""
    listed = pd.concat([_training(manifest, hashes), *(_evaluation(hashes, b) for b in benchmarks)])
    listed = listed.sort_values(_IMAGE, ignore_index=True)
    twice = listed.duplicated(_IMAGE)
    if twice.any():
        raise DataError(f"image hashes: {_named(listed[twice].iloc[0])} is listed twice")
    return listed.assign(code=listed.groupby(_IMAGE[:2], sort=True).ngroup())


def _training(manifest: pd.DataFrame, hashes: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    images = kept(manifest)[["image_id", "landmark_id"]].astype({"landmark_id": "Int64"})
    images["source"] = manifest.loc[manifest["kept"], "source"].array
    of_sources = [
        _of_source(hashes, source).query("split == 'train'").assign(source=source)
        for source in images["source"].unique()
    ]
    joined = images.merge(pd.concat(of_sources), "left", ["source", "image_id"])
    if joined["sha256"].isna().any():
        lacking = joined[joined["sha256"].isna()].iloc[0]
        raise DataError(
            f"image hashes of {lacking['source']}: none for {lacking['image_id']!r} of the manifest"
        )
    return joined


def _evaluation(hashes: Mapping[str, pd.DataFrame], benchmark: str) -> pd.DataFrame:
    images = _of_source(hashes, benchmark).query("split != 'train'")
    none = pd.array([pd.NA] * len(images), dtype="Int64")
    return images.assign(source=benchmark, landmark_id=none)


def _of_source(hashes: Mapping[str, pd.DataFrame], source: str) -> pd.DataFrame:
    if source not in hashes:
        raise DataError(f"image hashes: expected those of {source}, found those of {', '.join(hashes)}")
    return hashes[source][["image_id", "split", "sha256", "perceptual"]]


def _named(image: pd.Series) -> str:
    return f"{image['source']} {image['split']} image {image['image_id']!r}"


_Pairs = tuple["Int64s", "Floats"]
"""Rows `(p, 2)` of the list of images, ordered, and their distances."""


def _as_floats(pairs: HashPairs) -> _Pairs:
    return pairs.rows, pairs.distances.astype(np.float64)


def _same_views(
    images: pd.DataFrame,
    train: Embeddings,
    benchmarks: Mapping[str, Mapping[str, Embeddings]],
    settings: NearDuplicateSettings,
    searching: SearchSettings,
) -> _Pairs:
    """Pairs with a training image whose embeddings are near each other."""
    train_rows = _rows(images, images["split"] == "train", train, "train")
    searched = [(train, train_rows)]
    for benchmark, splits in benchmarks.items():
        for split, embeddings in splits.items():
            there = (images["source"] == benchmark) & (images["split"] == split)
            searched.append((embeddings, _rows(images, there, embeddings, f"{benchmark} {split}")))
    approximate = None if searching.factory is None else build_with(searching, train)
    parts = []
    for embeddings, rows in searched:
        # a training image also finds itself
        ranking = search_with(searching, embeddings, train, settings.neighbours + 1, approximate)
        parts.append(_near(ranking, rows, train_rows, settings))
    return _each_once(np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts]))


def _rows(images: pd.DataFrame, there: pd.Series, embeddings: Embeddings, name: str) -> Int64s:
    """Rows of the images of embeddings in the list.

    Raises:
        DataError: an image has no embedding, or an embedding no image.
    """
    places = np.flatnonzero(there)
    ids = images["image_id"].to_numpy(str)[places]
    found = embeddings.rows_of(ids)
    if (found < 0).any() or len(ids) != len(embeddings):
        lacking = f", none for {str(ids[found < 0][0])!r}" if (found < 0).any() else ""
        raise DataError(f"embeddings of {name}: expected {len(ids)}, found {len(embeddings)}{lacking}")
    rows = np.empty(len(ids), np.int64)
    rows[found] = places
    return rows


def _near(ranking: Ranking, rows: Int64s, train_rows: Int64s, settings: NearDuplicateSettings) -> _Pairs:
    """The pairs of a ranking that are similar enough: (query image, training image)."""
    near = (ranking.scores >= settings.min_cosine) & (ranking.positions != PADDING)
    queries, ranks = np.nonzero(near)
    pairs = np.stack([rows[queries], train_rows[ranking.positions[queries, ranks]]], axis=1)
    others = pairs[:, 0] != pairs[:, 1]
    cosines = ranking.scores[queries, ranks][others].astype(np.float64)
    return pairs[others], np.maximum(1 - cosines, 0)


def _each_once(rows: Int64s, distances: Floats) -> _Pairs:
    """The distinct pairs in order; those found from both sides once."""
    rows = np.sort(rows, axis=1)
    order = np.lexsort((distances, rows[:, 1], rows[:, 0]))
    rows, distances = rows[order], distances[order]
    first = np.ones(len(rows), bool)
    first[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return rows[first], distances[first]


def _table(images: pd.DataFrame, kind: str, rows: Int64s, distances: Floats) -> pd.DataFrame:
    left = images[list(_SIDES)].take(rows[:, 0]).reset_index(drop=True)
    right = images[list(_SIDES)].take(rows[:, 1]).reset_index(drop=True)
    kinds = pd.DataFrame({"kind": pd.array([kind] * len(rows), dtype="str")})
    return pd.concat([kinds, left, right.rename(columns=_SIDES)], axis=1).assign(distance=distances)
