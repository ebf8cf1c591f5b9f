"""Nodes that find copies and verify pairs of different landmarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.manifests.manifest import kept
from landmark_retrieval.near_duplicates import pairs as near_duplicates
from landmark_retrieval.near_duplicates.pairs import NearDuplicateSettings
from landmark_retrieval.pipelines.prefixes import group_by_prefix
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.search.identity import check_ids
from landmark_retrieval.storage.parts import Shards
from landmark_retrieval.verification.different_landmarks import different_landmark_pairs
from landmark_retrieval.verification.evidence import Evidence
from landmark_retrieval.verification.false_verifications import FalseVerificationSettings
from landmark_retrieval.verification.pairs import verify_pairs, work_fingerprint
from landmark_retrieval.verification.settings import GeometrySettings

_NEAREST = 200
"""Nearest training images of each, among which one of another landmark is looked for."""


def find_copies(parent: pd.DataFrame, settings: NearDuplicateSettings, **found: pd.DataFrame) -> pd.DataFrame:
    """Groups of copies among the training images; `found` are `<source>.image_hashes`."""
    return near_duplicates.copy_groups(parent, group_by_prefix(found, "image_hashes"), settings)


def verify_different_landmarks(
    neighbours: Ranking,
    parent: pd.DataFrame,
    copies: pd.DataFrame,
    features: LocalFeatureStore,
    work: Path,
    settings: FalseVerificationSettings,
    geometry: GeometrySettings,
) -> Evidence:
    """Evidence of pairs of candidates of different landmarks; a stopped run is continued."""
    images = kept(parent)
    ids = images["image_id"].tolist()
    check_ids(neighbours, ids, ids)
    landmarks, groups = images["landmark_id"].to_numpy(), copies["group"].to_numpy()
    pairs = different_landmark_pairs(neighbours, landmarks, groups, settings.pairs, settings.seed)
    shards = Shards(work, work_fingerprint(features, None, pairs, geometry.verification))
    shards.remove_stale()
    return verify_pairs(features, pairs, geometry.verification, geometry.workers, parts=shards)


def verify_different_landmarks_found(
    parent: pd.DataFrame,
    train: Embeddings,
    train_features: LocalFeatureStore,
    settings: FalseVerificationSettings,
    geometry: GeometrySettings,
) -> Evidence:
    """Evidence of pairs of different landmarks among the training images that queries have found."""
    ids = train_features.image_ids
    rows = train.rows_of(ids)
    found = Embeddings(ids, train.vectors[rows])
    ranking = search(found, found, min(_NEAREST, len(found)))
    landmark_of = kept(parent).set_index("image_id")["landmark_id"]
    landmarks = landmark_of.loc[ids.tolist()].to_numpy(np.int64)
    pairs = different_landmark_pairs(ranking, landmarks, np.arange(len(ids)), settings.pairs, settings.seed)
    return verify_pairs(train_features, pairs, geometry.verification, geometry.workers)
