"""Nodes of re-ranking."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.formats.submission import retrieval_submission
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.ablation import Ablation
from landmark_retrieval.reranking.chain import apply_chain
from landmark_retrieval.reranking.diffusion.offline_diffusion import OfflineDiffusionStep
from landmark_retrieval.reranking.inputs import read_inputs
from landmark_retrieval.reranking.offline_diffusion_rows import OfflineDiffusion
from landmark_retrieval.reranking.step import needs_of
from landmark_retrieval.search.exact_search import search


def neighbour_finder(k: int) -> Callable[[Embeddings], Ranking]:
    """The node function that finds the `k` neighbours of every index image, itself usually among them."""

    def find_index_neighbours(index: Embeddings) -> Ranking:
        return search(index, index, k)

    return find_index_neighbours


def solve_offline_diffusion(index: Embeddings, ablation: Ablation, shards: Path) -> OfflineDiffusion:
    """Rows of the inverse for every index image, continued where an interrupted run stopped."""
    from landmark_retrieval.reranking.diffusion.offline_diffusion_solving import solve_rows

    step = next(step for step in ablation.steps if isinstance(step, OfflineDiffusionStep))
    return solve_rows(index, step, shards)


def reranker(start: int, stop: int, depth: int | None) -> Callable[..., Ranking]:
    """The node function that applies the steps `start` to `stop - 1` of an ablation.

    Args:
        start: number of the first of the ablation's own steps.
        stop: number after that of the last one.
        depth: length of the requested lists, images; None is the whole index.
    """

    def rerank(
        queries: Embeddings,
        index: Embeddings,
        ablation: Ablation,
        previous: Ranking | None = None,
        **artefacts: Any,
    ) -> Ranking:
        steps = ablation.steps[start:stop]
        inputs = read_inputs(queries, index, depth, needs_of(steps), artefacts)
        return apply_chain(steps, previous, inputs)

    return rerank


def submit_retrieval(ranking: Ranking, queries: Embeddings, index: Embeddings) -> pd.DataFrame:
    """A ranking in the form of the Kaggle retrieval challenge."""
    return retrieval_submission(ranking, queries.image_ids.tolist(), index.image_ids.tolist())
