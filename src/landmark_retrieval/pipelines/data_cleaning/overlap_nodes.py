"""Nodes that find landmarks of benchmarks in a training set, show them for review and remove them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.local_features.extraction import LocalFeatureStream, extract_features
from landmark_retrieval.local_features.factory import make_extractor
from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.manifests.landmark_removal import remove_landmarks
from landmark_retrieval.manifests.manifest import kept
from landmark_retrieval.manifests.pictures import pictures
from landmark_retrieval.overlap import candidates
from landmark_retrieval.overlap.decisions import decide_overlap, removed_landmarks
from landmark_retrieval.overlap.landmark_list import merge_landmark_lists
from landmark_retrieval.overlap.landmark_names import match_names
from landmark_retrieval.overlap.pairs import overlap_pairs, pairs_to_verify
from landmark_retrieval.overlap.published_counts import check_published
from landmark_retrieval.overlap.settings import OverlapSettings
from landmark_retrieval.overlap.summary import overlap_summary
from landmark_retrieval.overlap.verdict_files import read_verdicts
from landmark_retrieval.pipelines.prefixes import group_by_prefix
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reporting.review.chance_parts import chance_parts
from landmark_retrieval.reporting.review.rows import ReviewSettings, TrainingSet, review_rows
from landmark_retrieval.reporting.review.sheet import review_sheet, sheet_fingerprint
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.search.identity import check_ids
from landmark_retrieval.tables import LandmarkNames, table_of
from landmark_retrieval.verification.evidence import Evidence
from landmark_retrieval.verification.false_verifications import (
    FalseVerificationSettings,
    chosen_note,
    false_verifications,
)
from landmark_retrieval.verification.pairs import verify_pairs
from landmark_retrieval.verification.settings import GeometrySettings


def search_overlap(queries: Embeddings, train: Embeddings, settings: OverlapSettings) -> Ranking:
    """Training images nearest to each evaluation query."""
    return search(queries, train, settings.depth)


def extract_queries(
    files: FileTree, queries: pd.DataFrame, geometry: GeometrySettings, device: str, delf: Any | None = None
) -> LocalFeatureStream:
    """Local features of the queries of a benchmark, each as a whole image."""
    found_by = make_extractor(geometry.features, device, delf)
    return extract_features(files, queries, found_by, geometry.workers, crop=False)


def extract_overlap(
    ranking: Ranking,
    queries: pd.DataFrame,
    parent: pd.DataFrame,
    settings: OverlapSettings,
    geometry: GeometrySettings,
    device: str,
    delf: Any | None = None,
    **raw: FileTree,
) -> LocalFeatureStream:
    """Local features of the training images that were found."""
    train_files, images = pictures(parent, group_by_prefix(raw, "raw"))
    check_ids(ranking, queries["image_id"].tolist(), images["image_id"].tolist())
    found_by = make_extractor(geometry.features, device, delf)
    found = images.iloc[np.unique(pairs_to_verify(ranking, settings.depth)[:, 1])]
    return extract_features(train_files, found, found_by, geometry.workers, crop=False)


def verifier(benchmark: str) -> Callable[..., dict[str, Any]]:
    """The node function that verifies the queries of a benchmark with the training images found."""

    def verify_overlap(
        ranking: Ranking,
        parent: pd.DataFrame,
        query_features: LocalFeatureStore,
        train_features: LocalFeatureStore,
        different: Evidence,
        settings: OverlapSettings,
        wanted: FalseVerificationSettings,
        geometry: GeometrySettings,
    ) -> dict[str, Any]:
        """Evidence of every query with its nearest training images, beside chance, and the pairs."""
        images = kept(parent)
        pairs = pairs_to_verify(ranking, settings.depth)
        pairs[:, 1] = train_features.rows_of(images["image_id"].to_numpy(str)[pairs[:, 1]])
        evidence = verify_pairs(
            query_features, pairs, geometry.verification, geometry.workers, others=train_features
        )
        ids, tried = query_features.image_ids, len(pairs) / max(len(query_features), 1)
        used = settings.min_inliers
        compared = false_verifications(different.inliers, evidence.inliers, tried, used, wanted)
        chosen = settings.chosen(compared, wanted.rate)
        table = overlap_pairs(benchmark, ranking, ids, images, evidence, chosen)
        return {"evidence": evidence, "compared": compared, "pairs": table}

    return verify_overlap


def gather_candidates(
    parent: pd.DataFrame,
    lists: dict[str, str],
    settings: OverlapSettings,
    names: pd.DataFrame | None = None,
    **found: pd.DataFrame,
) -> pd.DataFrame:
    """Candidate overlapping landmarks; `found` are `<benchmark>.pairs`, `.names` and `.compared`."""
    known = table_of(LandmarkNames, [])
    if names is not None:
        known = names[names["landmark_id"].isin(kept(parent)["landmark_id"])]
    query_names = group_by_prefix(found, "names") if settings.name_similarity is not None else {}
    alike = match_names(known, query_names, settings.name_similarity or 100.0, settings.max_namesakes)
    listed = merge_landmark_lists(lists, settings.listed, set(parent["landmark_id"]))
    notes = {b: chosen_note(table) for b, table in group_by_prefix(found, "compared").items()}
    return candidates.overlap_candidates(_pairs(found), alike, known, listed, settings, notes)


def decider(variant: str, benchmarks: tuple[str, ...]) -> Callable[..., dict[str, pd.DataFrame]]:
    """The node function that removes a variant's overlapping landmarks, by verdicts and settings."""

    def decide(
        candidates: pd.DataFrame,
        verdicts: dict[str, str],
        lists: dict[str, str],
        parent: pd.DataFrame,
        settings: OverlapSettings,
        **found: pd.DataFrame,
    ) -> dict[str, pd.DataFrame]:
        """The decision on each landmark, and the manifest that follows."""
        landmarks = set(parent["landmark_id"])
        by_reviewers = read_verdicts(verdicts, variant, landmarks)
        listed = merge_landmark_lists(lists, settings.listed, landmarks)
        decisions = decide_overlap(candidates, by_reviewers, settings, listed)
        reason = f"also in {', '.join(benchmarks)}"
        why, evidence = removed_landmarks(decisions), f"{variant}.overlap_decisions"
        manifest = remove_landmarks(parent, why, reason, evidence)
        if settings.expected is not None and lists:
            check_published(parent, manifest, settings.expected)
        summary = overlap_summary(_pairs(found), decisions, parent)
        return {"decisions": decisions, "summary": summary, "manifest": manifest}

    return decide


def _pairs(found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(list(group_by_prefix(found, "pairs").values()), ignore_index=True)


def sheet_drawer(variant: str) -> Callable[..., str]:
    """The node function that draws the page on which people judge a variant's candidates."""

    def draw_review_sheet(
        candidates: pd.DataFrame,
        parent: pd.DataFrame,
        geometry: GeometrySettings,
        settings: ReviewSettings,
        wanted: FalseVerificationSettings,
        **found: Any,
    ) -> str:
        """The page.

        `found` holds `overlap_pairs`, `overlap_evidence`, `different_evidence`, `false_verifications`,
        `query_images` and `raw` of each benchmark, and `train.<source>.raw`.
        """
        trees = group_by_prefix(found, "raw")
        train = {n.removeprefix("train."): tree for n, tree in trees.items() if n.startswith("train.")}
        train_files, images = pictures(parent, train)
        training = TrainingSet(images, train_files)
        max_side = geometry.features.max_side
        rows = review_rows(candidates, training, found, max_side, settings)
        chance = chance_parts(found, parent, train, max_side, wanted.drawn, settings)
        return review_sheet(rows, variant, sheet_fingerprint(candidates), len(candidates), chance)

    return draw_review_sheet
