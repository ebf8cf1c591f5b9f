"""Similarity and labels as odds of relevance, each by what it can be trusted with.

Sort-step and insert-step believe every predicted landmark, which harms where a landmark is not among the
training images. Here a landmark counts with its probability, similarity with what it would be by chance, and
both are multiplied as Bayes' rule has it. Where no landmark is known, similarity remains; where the
calibration does not carry over to the index, the list before it.
"""

from __future__ import annotations

import logging
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from landmark_retrieval.arrays import Float32s, Floats
from landmark_retrieval.embeddings import normalise
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.reranking.inputs import NeedName, RerankingInputs
from landmark_retrieval.reranking.labels.background import background_of
from landmark_retrieval.reranking.labels.label_evidence import LabelEvidence, label_evidence, rank_by_odds
from landmark_retrieval.reranking.labels.probable_landmarks import (
    index_landmarks,
    query_landmarks,
    required_calibration,
)
from landmark_retrieval.reranking.step import RerankingStep
from landmark_retrieval.search.exact_search import search

logger = logging.getLogger(__name__)

_QUERIES = 256  # expanded at once


def expand_by_odds(queries: Floats, index: Floats, ranking: Ranking, n: int) -> Float32s:
    """`q′ = norm(q + Σ_x P(x)·x)` over the first `n` listed images that are relevant rather than not.

    Args:
        queries: `(n_queries, dim)`, L2-normalised.
        index: `(n_index, dim)`, L2-normalised; only rows of these images are read.
        ranking: scored by log-odds of relevance; images of even odds or less take no part.
        n: images of each query, at most.
    """
    expanded = np.empty(queries.shape, dtype=np.float32)
    for start in range(0, len(queries), _QUERIES):
        chunk = slice(start, start + _QUERIES)
        total = queries[chunk].astype(np.float64)
        for positions, odds in zip(ranking.positions[chunk, :n].T, ranking.scores[chunk, :n].T, strict=True):
            weight = np.where(odds > 0, 1 / (1 + np.exp(-np.maximum(odds.astype(np.float64), 0))), 0.0)
            used = np.flatnonzero((weight > 0) & (positions != PADDING))
            total[used] += weight[used, None] * index[positions[used]].astype(np.float64)
        expanded[chunk] = normalise(total)
    return expanded


class CalibratedLabels(RerankingStep):
    """Query expansion and landmarks of both sides, weighed by calibrated probabilities.

    Attributes:
        n: images that make the expanded query at most, itself among them; 1 leaves it as it is.
        known_share: of queries, those whose landmark is taken to be a training landmark before anything is
            seen of them; None is the share estimated on the index, between 0.1 and 0.5.
        candidates: index images considered for their landmark alone, per query.
    """

    method: Literal["calibrated_labels"] = "calibrated_labels"
    n: int = Field(default=10, gt=0)
    known_share: float | None = Field(default=None, gt=0, lt=1)
    candidates: int = Field(default=200, gt=0)

    needs: ClassVar[frozenset[NeedName]] = frozenset({"train", "calibration"})

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """Expand the queries, search again, and rank by the odds of relevance.

        The list before it is returned, cut to the requested length, where the calibration does not hold.

        Raises:
            DataError: there are no training images, or no calibration.
        """
        before = self.require_ranking(ranking)
        calibration, train = required_calibration(inputs, self.method)
        width = min(inputs.depth, len(inputs.index))
        if before.n_queries == 0 or width == 0:
            return before
        shown, objection = index_landmarks(inputs.index, train, calibration)
        if shown is None:
            logger.warning("%s: the lists before it stay as they are: %s", self.method, objection)
            return _cut(before, width)
        asked = query_landmarks(inputs.queries, train, calibration, self.known_share or shown.known_share)
        evidence = label_evidence(*(side.matrix(asked.distinct()) for side in (asked, shown)))
        queries, expanded = inputs.queries.vectors, inputs.queries.vectors
        if self.n > 1:
            first = self._rank(before, queries, inputs, evidence, width)
            expanded = expand_by_odds(queries, inputs.index.vectors, first, self.n - 1)
        similar = search(expanded, inputs.index, width, ids_fingerprint=inputs.ids_fingerprint)
        return self._rank(similar, expanded, inputs, evidence, width)

    def _rank(
        self, similar: Ranking, queries: Floats, inputs: RerankingInputs, evidence: LabelEvidence, width: int
    ) -> Ranking:
        background = background_of(queries, inputs.index)
        index = inputs.index.vectors
        return rank_by_odds(similar, queries, index, background, evidence, self.candidates, width)


def _cut(ranking: Ranking, width: int) -> Ranking:
    """The first `width` places of each list."""
    return Ranking(
        ranking.positions[:, :width], ranking.scores[:, :width], ranking.n_index, ranking.ids_fingerprint
    )
