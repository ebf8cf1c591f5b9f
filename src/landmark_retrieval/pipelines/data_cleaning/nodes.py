"""Nodes that make manifests."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from landmark_retrieval.cleaning import overlap, spatial_cleaning, withholding
from landmark_retrieval.cleaning.manifest import as_published, kept
from landmark_retrieval.cleaning.neighbours import same_landmark_neighbours
from landmark_retrieval.cleaning.overlap import OverlapSettings
from landmark_retrieval.cleaning.spatial_cleaning import CleaningSettings
from landmark_retrieval.cleaning.withholding import WithholdingSettings
from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.local_features.extraction import extract_all
from landmark_retrieval.local_features.root_sift import RootSiftSettings
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.search.exact import search
from landmark_retrieval.search.rows import check_rows
from landmark_retrieval.search.settings import SearchSettings, search_with
from landmark_retrieval.verification.pairs import VerificationSettings, verify_pairs


class GeometrySettings(BaseModel):
    """Local features and their verification, wherever pairs of photographs are compared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: RootSiftSettings
    verification: VerificationSettings
    workers: int = Field(ge=1, description="threads that extract, processes that verify")


def publish(train_images: pd.DataFrame, source: str) -> pd.DataFrame:
    """The manifest of a variant that is its source as published."""
    return as_published(train_images, source)


def find_neighbours(candidates: Embeddings, settings: CleaningSettings, searching: SearchSettings) -> Ranking:
    """Nearest neighbours of every candidate among all of them, itself included."""
    return search_with(searching, candidates, candidates, settings.neighbours)


def verify_neighbours(
    neighbours: Ranking,
    parent: pd.DataFrame,
    files: FileTree,
    settings: CleaningSettings,
    geometry: GeometrySettings,
) -> pd.DataFrame:
    """Inliers between every candidate and its neighbours of the same landmark."""
    images = kept(parent)
    check_rows(neighbours, images["image_id"].tolist(), images["image_id"].tolist())
    pairs = same_landmark_neighbours(neighbours, images["landmark_id"].to_numpy(), settings.max_verified)
    features = extract_all(files, images, geometry.features, geometry.workers)
    return verify_pairs(features, pairs, geometry.verification, geometry.workers)


def clean(evidence: pd.DataFrame, parent: pd.DataFrame, settings: CleaningSettings) -> pd.DataFrame:
    """The cleaned manifest: every image of the parent, in or out, with its reason."""
    return spatial_cleaning.decide(evidence, parent, settings)


def search_overlap(queries: Embeddings, train: Embeddings, settings: OverlapSettings) -> Ranking:
    """Training images nearest to each evaluation query."""
    return search(queries, train, settings.depth)


def verify_overlap(
    ranking: Ranking,
    queries: pd.DataFrame,
    query_files: FileTree,
    parent: pd.DataFrame,
    train_files: FileTree,
    settings: OverlapSettings,
    geometry: GeometrySettings,
) -> pd.DataFrame:
    """Every evaluation query with its nearest training images: similarity, inliers, verified or not."""
    images = kept(parent)
    check_rows(ranking, queries["image_id"].tolist(), images["image_id"].tolist())
    pairs = overlap.overlap_pairs(ranking, settings.depth)
    rows, pairs[:, 1] = np.unique(pairs[:, 1], return_inverse=True)
    evidence = verify_pairs(
        extract_all(query_files, queries, geometry.features, geometry.workers),
        pairs,
        geometry.verification,
        geometry.workers,
        others=extract_all(train_files, images.iloc[rows], geometry.features, geometry.workers),
    )
    return overlap.overlap_candidates(ranking, queries["image_id"].to_numpy(str), images, evidence, settings)


def deduplicate(
    parent: pd.DataFrame, settings: OverlapSettings, **candidates: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """The manifest without the landmarks that the benchmarks show, and the evidence for each of them."""
    found = overlap.propose_landmarks(pd.concat(list(candidates.values())), settings)
    listed = overlap.propose_listed(dict.fromkeys(settings.listed, "listed"))
    proposals = overlap.join_proposals([found, listed])
    reason = f"also in {', '.join(candidates)}"
    return {"manifest": overlap.remove_landmarks(parent, proposals, reason), "proposals": proposals}


def withhold(parent: pd.DataFrame, settings: WithholdingSettings, **solutions: pd.DataFrame) -> pd.DataFrame:
    """The manifest without a share of the landmarks that the benchmarks' queries show."""
    asked = pd.concat(list(solutions.values()))
    return withholding.withhold(parent, asked, settings, f"of queries of {', '.join(solutions)}")
