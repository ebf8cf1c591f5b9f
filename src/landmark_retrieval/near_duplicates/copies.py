"""Copies: images with the same file, or nearly the same perceptual hash."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from pydantic import Field

from landmark_retrieval.arrays import Int64s
from landmark_retrieval.configuration import Settings
from landmark_retrieval.near_duplicates.groups import DuplicateGroups
from landmark_retrieval.near_duplicates.hash_neighbours import MAX_RADIUS, HashPairs, near_hashes
from landmark_retrieval.tables import QueryCopies, table_of


class CopySettings(Settings):
    """When two images count as copies of each other."""

    max_hamming: int = Field(ge=0, le=MAX_RADIUS, description="bits in which perceptual hashes may differ")
    max_group: int = Field(
        gt=0, description="identical images of a split listed each with each; of more, each with the first"
    )
    max_pairs: int = Field(gt=0, description="pairs of different perceptual hashes; more are an error")


def same_files(images: pd.DataFrame, settings: CopySettings) -> HashPairs:
    """Pairs of rows with one file, at distance 0.

    Args:
        images: `sha256`, and `code`, a number for the split (of a source) of each image.
        settings: `max_group` bounds the pairs.
    """
    files = pd.factorize(images["sha256"])[0]
    return DuplicateGroups(files, images["code"].to_numpy(), settings.max_group).within()


def same_looks(images: pd.DataFrame, settings: CopySettings) -> HashPairs:
    """Pairs of rows whose perceptual hashes differ in few bits, and these bits.

    Args:
        images: `perceptual` (Int64, missing where a picture has none), and `code` as for `same_files`.
        settings: thresholds.

    Raises:
        DataError: there are too many pairs.
    """
    hashed = np.flatnonzero(images["perceptual"].notna())
    bits = images["perceptual"].array[hashed].to_numpy(np.int64).view(np.uint64)
    hashes, members = np.unique(bits, return_inverse=True)
    groups = DuplicateGroups(members, images["code"].to_numpy()[hashed], settings.max_group)
    near = groups.between(near_hashes(hashes, settings.max_hamming, settings.max_pairs))
    same = groups.within()
    return HashPairs.of(
        hashed[np.concatenate([same.rows, near.rows])], np.concatenate([same.distances, near.distances])
    )


def group_copies(images: pd.DataFrame, settings: CopySettings) -> Int64s:
    """The group of each image: images that are copies, directly or through others, are in one.

    Embeddings do not count here: two photographs of one view, taken by two people, are no copies.

    Args:
        images: `sha256` and `perceptual` as `images.inspection` makes them.
        settings: thresholds.

    Returns:
        `(n,)` int64 from 0, in the order in which groups begin.

    Raises:
        DataError: there are too many pairs.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    of_one_split = images[["sha256", "perceptual"]].reset_index(drop=True).assign(code=0)
    pairs = [find(of_one_split, settings).rows for find in (same_files, same_looks)]
    first, second = np.concatenate(pairs).T
    n = len(images)
    graph = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(n, n))
    _, groups = connected_components(graph.tocsr(), directed=False)
    return pd.factorize(groups)[0].astype(np.int64)


def query_copies(
    hashes: Mapping[str, pd.DataFrame], source: str, searched: Collection[str], settings: CopySettings
) -> pd.DataFrame:
    """Copies of the queries of a benchmark among its index images and the training images of all sources.

    Args:
        hashes: by source, `image_id`, `split`, `sha256`, `perceptual` as `images.inspection` makes them.
        source: whose queries search.
        searched: sources whose index images are searched.
        settings: thresholds.

    Returns:
        `tables.QueryCopies`: the groups that hold a query and another image of these.

    Raises:
        DataError: there are too many pairs.
    """
    images = pd.concat([table.assign(source=name) for name, table in hashes.items()], ignore_index=True)
    query = (images["split"] == "query") & (images["source"] == source)
    index = (images["split"] == "index") & images["source"].isin(list(searched))
    train = images["split"] == "train"
    images, queries = images[query | index | train], query[query | index | train]
    groups = pd.Series(group_copies(images, settings), index=images.index)
    both = queries.groupby(groups).transform("any") & (~queries).groupby(groups).transform("any")
    found = images[both].assign(group=groups[both])
    return table_of(QueryCopies, found[["group", "source", "split", "image_id"]].itertuples(index=False))
