"""Nodes that compute figures."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.experiments.models import System
from landmark_retrieval.experiments.sources import Source
from landmark_retrieval.manifests.label_noise import planted_faults
from landmark_retrieval.manifests.manifest import kept
from landmark_retrieval.metrics import cleaning_quality, gldv2_recognition
from landmark_retrieval.metrics import comparison as comparisons
from landmark_retrieval.metrics.intervals import IntervalSettings
from landmark_retrieval.metrics.protocol import GAP, Protocol
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reporting.comparison_table import format_table
from landmark_retrieval.reporting.figures import interval_plot
from landmark_retrieval.reporting.group_tables import copy_notes

_results = logging.getLogger("landmark_retrieval.results")


def evaluate(
    ranking: Ranking,
    queries: Embeddings,
    index: Embeddings,
    truth: pd.DataFrame,
    source: Source,
    settings: IntervalSettings,
    distractors: list[str] | None = None,
) -> dict[str, pd.DataFrame]:
    """Figures of every query by the protocols of the benchmark, and their means with intervals."""
    per_query = source.family.per_query(ranking, queries.image_ids, index.image_ids, truth)
    metrics = comparisons.summarise(per_query, protocols_of(source, distractors), settings)
    return {"per_query": per_query, "metrics": metrics}


def protocols_of(source: Source, distractors: list[str] | None) -> list[Protocol]:
    """How the rankings are judged; figures with distractors never pass for those without."""
    crop = None if source.record.has_pictures else "as in the given embeddings"
    return source.family.on(" + ".join([source.release, *(distractors or ())]), crop)


def evaluate_recognition(
    predictions: pd.DataFrame, solution: pd.DataFrame, source: Source, settings: IntervalSettings
) -> pd.DataFrame:
    """GAP and top-1 of the queries' predicted landmarks, with intervals."""
    images = gldv2_recognition.judge_predictions(predictions, solution)
    return comparisons.summarise_recognition(images, settings, GAP.on(source.release))


def score_cleaning(
    manifest: pd.DataFrame,
    truth: pd.DataFrame | None = None,
    clean: pd.DataFrame | None = None,
    noisy: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Precision and recall of cleaning by kind of fault: those of the generated world, and planted labels."""
    planted = [] if clean is None or noisy is None else [planted_faults(clean, noisy)]
    known = [*planted, *([] if truth is None else [truth[["image_id", "fault"]]])]
    return cleaning_quality.score_cleaning(manifest, pd.concat(known).drop_duplicates("image_id"))


def score_overlap(decisions: pd.DataFrame, parent: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """How many of the overlapping landmarks that are left in the parent are removed, and how many others."""
    overlapping = truth.loc[truth["overlap"], "label"]
    return cleaning_quality.score_overlap(decisions, set(overlapping) & set(kept(parent)["landmark_id"]))


def comparer(systems: Sequence[System]) -> Callable[..., dict[str, Any]]:
    """The node function that compares systems and ablations on one benchmark."""

    def compare(
        source: Source,
        baseline: str,
        settings: IntervalSettings,
        distractors: list[str] | None = None,
        groups: pd.DataFrame | None = None,
        **per_query: pd.DataFrame,
    ) -> dict[str, Any]:
        """All systems and ablations as a table, which is also printed, and as a figure.

        What is printed says how many queries have a near-duplicate by `groups`, if that is known.
        """
        runs = {(run.partition(".")[0], run.partition(".")[2]): table for run, table in per_query.items()}
        table = comparisons.compare(runs, protocols_of(source, distractors), baseline, settings)
        table = with_models(table, systems)
        notes = [] if groups is None else copy_notes(groups)
        _results.info("\n%s\n", "\n".join([format_table(table), *notes]))
        return {"comparison": table, "figure": interval_plot(table)}

    return compare


def with_models(table: pd.DataFrame, systems: Sequence[System]) -> pd.DataFrame:
    """A comparison with the model of each system and who votes for it."""
    of = {system.name: system for system in systems}
    models = [of[name].model for name in table["system"]]
    voters = [of[name].voters or "" for name in table["system"]]
    return table.assign(model=pd.array(models, dtype="str"), voters=pd.array(voters, dtype="str"))
