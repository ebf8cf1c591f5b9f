"""Nodes that show photographs and write pages."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd
from pydantic import TypeAdapter

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.experiments.sources import Source
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.manifests.manifest import manifest_fingerprint
from landmark_retrieval.pipelines.prefixes import group_by_prefix
from landmark_retrieval.reporting import data_summary
from landmark_retrieval.reporting.gallery import (
    BenchmarkPictures,
    Gallery,
    GallerySettings,
    Results,
    build_panels,
    choose_queries,
)
from landmark_retrieval.reporting.page import Summary, summary_page


def show_queries(
    files: FileTree,
    query_images: pd.DataFrame,
    index_images: pd.DataFrame,
    queries: Embeddings,
    index: Embeddings,
    truth: pd.DataFrame,
    source: Source,
    settings: GallerySettings,
    predictions: pd.DataFrame | None = None,
    names: pd.DataFrame | None = None,
    **ablations: Any,
) -> dict[str, Any]:
    """The queries that the last ablation changed most, under every ablation; the baseline comes first."""
    rankings = {
        name.removesuffix(".ranking"): r for name, r in ablations.items() if name.endswith(".ranking")
    }
    protocol = source.family.leading.on(source.release)
    tables = {name: protocol.rows_of(ablations[f"{name}.per_query"]) for name in rankings}
    baseline, shown = next(iter(rankings)), list(rankings)[-1]
    chosen = choose_queries(tables[shown], tables[baseline], settings.queries, protocol.key)
    results = Results(
        query_ids=queries.image_ids,
        index_ids=index.image_ids,
        rankings=rankings,
        ap={name: dict(zip(table[protocol.key], table["ap"], strict=True)) for name, table in tables.items()},
    )
    panels = build_panels(
        chosen,
        results,
        source.family.judged_images(truth, chosen),
        BenchmarkPictures(files, query_images, index_images),
        pd.DataFrame(columns=["image_id", "landmark_id", "score"]) if predictions is None else predictions,
        {} if names is None else dict(zip(names["landmark_id"], names["name"], strict=True)),
        settings,
    )
    gallery = Gallery(
        f"{shown} against {baseline}", f"AP and frames by {protocol.name} on {protocol.release}.", panels
    )
    return {
        "gallery": asdict(gallery),
        "page": summary_page(Summary(f"{source.release}: {gallery.title}", galleries=(gallery,))),
    }


def summarise(experiments: dict[str, Any], **datasets: Any) -> str:
    """The page that a run ends in."""
    manifests = group_by_prefix(datasets, "manifest")
    fingerprints = {variant: manifest_fingerprint(manifest) for variant, manifest in manifests.items()}
    summary = Summary(
        title="Landmark retrieval",
        comparison=pd.concat(list(group_by_prefix(datasets, "comparison").values()), ignore_index=True),
        groups=pd.concat([pd.DataFrame(), *group_by_prefix(datasets, "query_groups").values()]),
        recognition=_stacked(datasets, "metrics", "system"),
        variants=data_summary.variant_table(manifests, fingerprints),
        reasons=data_summary.reason_table(manifests),
        sizes=data_summary.images_per_landmark(manifests),
        tables={
            "Pictures that could not be read": _stacked(datasets, "damaged_images", "source"),
            "Cleaning and overlap removal, compared with the faults that are known": _stacked(
                datasets, "cleaning_quality", "variant"
            ),
        },
        parameters=experiments,
        galleries=tuple(
            TypeAdapter(Gallery).validate_python({**gallery, "title": f"{owner}: {gallery['title']}"})
            for owner, gallery in group_by_prefix(datasets, "gallery").items()
        ),
    )
    return summary_page(summary)


def _stacked(datasets: dict[str, Any], last: str, column: str) -> pd.DataFrame:
    tables = [
        table.assign(**{column: owner.split(".")[0]})
        for owner, table in group_by_prefix(datasets, last).items()
    ]
    stacked = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return stacked[[column, *stacked.columns.drop(column)]] if len(stacked) else stacked
