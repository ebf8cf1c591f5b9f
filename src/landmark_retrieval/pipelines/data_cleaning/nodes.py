"""Nodes that make manifests of variants as published, cleaned, withheld or with label noise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from landmark_retrieval.cleaning import boxes, spatial_cleaning
from landmark_retrieval.cleaning.boxes import BoxSettings
from landmark_retrieval.cleaning.neighbours import same_landmark_neighbours
from landmark_retrieval.cleaning.spatial_cleaning import CleaningSettings
from landmark_retrieval.cleaning.threshold_sweep import SweepSettings, beside_chance
from landmark_retrieval.cleaning.verified_counts import tried_neighbours
from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.formats.gldv2_csv.images import read_clean_list, read_train
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.local_features.extraction import LocalFeatureStream, extract_features
from landmark_retrieval.local_features.factory import make_extractor
from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.manifests import union, withholding
from landmark_retrieval.manifests.label_noise import LabelNoiseSettings, plant_label_noise
from landmark_retrieval.manifests.manifest import as_published, kept, source_version
from landmark_retrieval.manifests.pictures import pictures
from landmark_retrieval.manifests.published_list import keep_listed
from landmark_retrieval.manifests.withholding import WithholdingSettings
from landmark_retrieval.pipelines.prefixes import group_by_prefix
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.search.identity import check_ids
from landmark_retrieval.search.settings import SearchSettings, search_with
from landmark_retrieval.storage.parts import Shards
from landmark_retrieval.verification.evidence import Evidence
from landmark_retrieval.verification.false_verifications import (
    FalseVerificationSettings,
    chosen_note,
    false_verifications,
)
from landmark_retrieval.verification.pairs import verify_pairs, work_fingerprint
from landmark_retrieval.verification.settings import GeometrySettings


def publish(
    train_images: pd.DataFrame, source: str, image_hashes: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The manifest of a variant that is its source as published."""
    return as_published(train_images, source, source_version(train_images, image_hashes))


def publish_list(files: FileTree, parent: pd.DataFrame) -> pd.DataFrame:
    """The manifest of what the source's own clean list keeps."""
    return keep_listed(parent, read_clean_list(files, read_train(files))["image_id"])


def unite(*parents: pd.DataFrame) -> pd.DataFrame:
    """The manifest of the images of several variants."""
    return union.unite(parents)


def find_neighbours(candidates: Embeddings, settings: CleaningSettings, searching: SearchSettings) -> Ranking:
    """Nearest neighbours of every candidate among all of them, itself included."""
    return search_with(searching, candidates, candidates, settings.root.neighbours)


def extract_candidates(
    parent: pd.DataFrame,
    work: Path,
    geometry: GeometrySettings,
    device: str,
    delf: Any | None = None,
    **raw: FileTree,
) -> LocalFeatureStream:
    """Local features of what is to be cleaned, found while they are saved; a stopped run is continued."""
    files, images = pictures(parent, group_by_prefix(raw, "raw"))
    found_by = make_extractor(geometry.features, device, delf)
    return extract_features(files, images, found_by, geometry.workers, crop=False, work=work)


def verify_neighbours(
    neighbours: Ranking,
    parent: pd.DataFrame,
    copies: pd.DataFrame,
    features: LocalFeatureStore,
    work: Path,
    settings: CleaningSettings,
    geometry: GeometrySettings,
) -> Evidence:
    """Evidence of every candidate with its neighbours of the same landmark; a stopped run is continued."""
    images, method = kept(parent), settings.root
    ids = images["image_id"].tolist()
    check_ids(neighbours, ids, ids)
    groups = None if method.copies_verify else copies["group"].to_numpy()
    landmarks = images["landmark_id"].to_numpy()
    pairs = same_landmark_neighbours(neighbours, landmarks, method.max_verified, groups)
    shards = Shards(work, work_fingerprint(features, None, pairs, geometry.verification))
    shards.remove_stale()
    return verify_pairs(features, pairs, geometry.verification, geometry.workers, parts=shards)


def cleaner(evidence_name: str) -> Callable[..., dict[str, pd.DataFrame]]:
    """The node function that makes a cleaned manifest from the evidence of that name."""

    def clean(
        evidence: Evidence,
        different: Evidence,
        parent: pd.DataFrame,
        settings: CleaningSettings,
        wanted: FalseVerificationSettings,
    ) -> dict[str, pd.DataFrame]:
        """The evidence beside pairs of different landmarks, and the manifest by its threshold."""
        inliers, tried = settings.root.min_inliers, tried_neighbours(evidence)
        compared = false_verifications(different.inliers, evidence.inliers, tried, inliers, wanted)
        chosen = settings.chosen(compared, wanted.rate)
        manifest = spatial_cleaning.clean(evidence, parent, chosen, evidence_name, chosen_note(compared))
        return {"compared": compared, "manifest": manifest}

    return clean


def survey_thresholds(
    evidence: Evidence,
    parent: pd.DataFrame,
    compared: pd.DataFrame,
    settings: CleaningSettings,
    grid: SweepSettings,
    wanted: FalseVerificationSettings,
) -> dict[str, Any]:
    """What other thresholds of cleaning would keep, beside chance, as a table and as a figure."""
    from landmark_retrieval.reporting.threshold_sweep import sweep_figure

    method = settings.root.chosen(compared, wanted.rate)
    table = method.sweep(evidence, parent, grid.with_inliers(method.needed_inliers))
    figure = sweep_figure(table, *method.thresholds, compared)
    return {"table": beside_chance(table, compared), "figure": figure}


def estimate_boxes(
    evidence: Evidence,
    manifest: pd.DataFrame,
    compared: pd.DataFrame,
    geometry: GeometrySettings,
    settings: BoxSettings,
    wanted: FalseVerificationSettings,
) -> pd.DataFrame:
    """Where the landmark is in each photograph that is kept."""
    scales = boxes.picture_scales(manifest, geometry.features.max_side)
    return boxes.estimate_boxes(evidence, manifest, scales, settings.chosen(compared, wanted.rate))


def withhold(parent: pd.DataFrame, settings: WithholdingSettings, **solutions: pd.DataFrame) -> pd.DataFrame:
    """The manifest without a share of the landmarks that the benchmarks' queries show."""
    solution = pd.concat(list(solutions.values()))
    return withholding.withhold(parent, solution, settings, f"of queries of {', '.join(solutions)}")


def plant_noise(parent: pd.DataFrame, settings: LabelNoiseSettings) -> pd.DataFrame:
    """The manifest with a share of the labels replaced."""
    return plant_label_noise(parent, settings)
