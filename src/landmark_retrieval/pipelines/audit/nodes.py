"""Nodes that find near-duplicates and compare manifests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.experiments.experiments import Experiments
from landmark_retrieval.manifests.comparison import compare_manifests
from landmark_retrieval.manifests.pictures import pictures
from landmark_retrieval.metrics.effects import effects, leak_groups, overlapping_queries
from landmark_retrieval.metrics.intervals import IntervalSettings
from landmark_retrieval.near_duplicates import pairs
from landmark_retrieval.near_duplicates.pairs import NearDuplicateSettings
from landmark_retrieval.pipelines.prefixes import group_by_prefix
from landmark_retrieval.reporting.audits.page import AuditPage, MatchPicture, audit_page
from landmark_retrieval.reporting.audits.pictures import AuditSettings
from landmark_retrieval.reporting.audits.provenance import AuditSide
from landmark_retrieval.reporting.review.chance_parts import chance_parts
from landmark_retrieval.reporting.review.rows import ReviewSettings, TrainingSet, review_rows
from landmark_retrieval.search.settings import SearchSettings
from landmark_retrieval.verification.false_verifications import FalseVerificationSettings
from landmark_retrieval.verification.settings import GeometrySettings


def find_near_duplicates(
    manifest: pd.DataFrame,
    train: Embeddings,
    settings: NearDuplicateSettings,
    searching: SearchSettings,
    **found: Any,
) -> pd.DataFrame:
    """Duplicate photographs; `found`: `<source>.image_hashes`, `<benchmark>.<split>` embeddings."""
    hashes = group_by_prefix(found, "image_hashes")
    embeddings = {
        benchmark: {"index": index, "query": found[f"{benchmark}.query"]}
        for benchmark, index in group_by_prefix(found, "index").items()
    }
    return pairs.near_duplicates(manifest, hashes, train, embeddings, settings, searching)


def measure_effects(
    experiments: dict[str, Any],
    settings: IntervalSettings,
    decisions: pd.DataFrame | None = None,
    candidates: pd.DataFrame | None = None,
    **found: Any,
) -> pd.DataFrame:
    """Paired differences of all figures; apart for queries whose landmarks were removed, where that is known.

    `found` are `<before|after>.<ablation>.<benchmark>` per-query tables, `<benchmark>.overlap_pairs` and
    `query_names`; `<before|after>.manifest` are there for their origin.
    """
    chosen = Experiments.model_validate(experiments)
    tables = []
    figures = {name for name in found if name.startswith("before.")}
    for benchmark in chosen.benchmarks:
        compared = [a for a in chosen.ablations if f"before.{a}.{benchmark}" in figures]
        if not compared:
            continue
        before, after = (
            {a: found[f"{when}.{a}.{benchmark}"] for a in compared} for when in ("before", "after")
        )
        source = chosen.judge(benchmark)
        judged = source.family.on(source.release)
        groups = None
        pairs = found.get(f"{benchmark}.overlap_pairs")
        if pairs is not None and decisions is not None and candidates is not None:
            queries = set(before[chosen.baseline][judged[0].key])
            names = found[f"{benchmark}.query_names"]
            groups = leak_groups(queries, overlapping_queries(pairs, names, candidates, decisions))
        tables.append(effects(before, after, judged, settings, groups))
    return pd.concat(tables, ignore_index=True)


def compare(before: str, after: str) -> Callable[..., dict[str, Any]]:
    """The node function that compares the manifests of two sides, named `variant` or `variant@build`."""

    def audit(
        experiments: dict[str, Any],
        settings: AuditSettings,
        geometry: GeometrySettings,
        review: ReviewSettings,
        wanted: FalseVerificationSettings,
        **found: Any,
    ) -> dict[str, Any]:
        """Changed images and landmarks, the reasons, and the page; `found` is whatever artefacts exist."""
        overlap = "parent.manifest" in found
        result = compare_manifests(found["before.manifest"], found["after.manifest"])
        page = AuditPage(
            audit=result,
            before=_side(before, found, "before"),
            after=_side(after, found, "after"),
            settings=settings,
            files=group_by_prefix(found, "raw"),
            names=_names(found["landmark_names"]) if "landmark_names" in found else {},
            evidence=tuple(group_by_prefix(found, "overlap_evidence" if overlap else "evidence").values()),
            effects=found.get("effects", pd.DataFrame()),
            baseline=str(experiments["baseline"]),
            decisions=found.get("decisions", pd.DataFrame()),
            matches=_matches(geometry, review, found) if overlap else {},
            near_duplicates=found.get("after.near_duplicates", pd.DataFrame()),
            images=[
                table.assign(source=benchmark)
                for split in ("index", "query")
                for benchmark, table in group_by_prefix(found, f"{split}_images").items()
            ],
            scores=_tables(before, found),
            chance=chance_parts(
                found,
                found["parent.manifest" if overlap else "after.manifest"],
                group_by_prefix(found, "raw"),
                geometry.features.max_side,
                wanted.drawn,
                review,
            ),
        )
        return {
            "images": result.changes,
            "landmarks": result.landmarks,
            "reasons": result.reasons,
            "page": audit_page(page),
        }

    return audit


def _side(name: str, found: dict[str, Any], when: str) -> AuditSide:
    variant, _, build = name.partition("@")
    return AuditSide(variant, found[f"{when}.manifest"], build, found[f"{when}.record"])


def _names(table: pd.DataFrame) -> dict[int, str]:
    return {int(i): str(name) for i, name in zip(table["landmark_id"], table["name"], strict=True)}


def _tables(before: str, found: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """Further tables of the page, by title."""
    tables = {}
    if "cleaning_quality" in found:
        tables["Compared with the faults that are known"] = found["cleaning_quality"]
    if "before.near_duplicates" in found:
        summary = pairs.summarise_near_duplicates(found["before.near_duplicates"])
        tables[f"Duplicate photographs in {before}"] = summary
    return tables


def _matches(
    geometry: GeometrySettings, review: ReviewSettings, found: dict[str, Any]
) -> dict[int, list[MatchPicture]]:
    """Drawings of the matches behind each decision."""
    parent = found["parent.manifest"]
    files, images = pictures(parent, {source: found[f"{source}.raw"] for source in parent["source"].unique()})
    train = TrainingSet(images, files)
    rows = review_rows(found["candidates"], train, found, geometry.features.max_side, review)
    return {
        row.landmark_id: [MatchPicture(d.address, d.caption) for d in row.drawings if d.address]
        for row in rows
    }
