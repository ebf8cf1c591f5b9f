"""Tables of train-test overlap: pairs, candidates, verdicts, decisions."""

from __future__ import annotations

import pandera.pandas as pa
from pandera.typing import Series

from landmark_retrieval.tables.schema import Table


class OverlapPairs(Table):
    """Every pair of a query and a training image that was verified."""

    benchmark: Series[str]
    query_id: Series[str]
    image_id: Series[str]
    landmark_id: Series[int]
    similarity: Series[float] = pa.Field(description="cosine")
    rank: Series[int] = pa.Field(ge=0, description="of the training image in the query's list, from 0")
    matches: Series[int] = pa.Field(ge=0)
    inliers: Series[int] = pa.Field(ge=0)
    verified: Series[bool]


class NameMatches(Table):
    """Training landmarks with a name similar to one of a benchmark's."""

    benchmark: Series[str]
    landmark_id: Series[int]
    evaluation_name: Series[str]
    name_similarity: Series[float] = pa.Field(ge=0, le=100, description="per cent")


class OverlapCandidates(Table):
    """Candidate overlapping landmarks with their evidence, see `overlap.candidates`."""

    landmark_id: Series[int] = pa.Field(unique=True)
    name: Series[str] = pa.Field(description="empty if unknown")
    benchmarks: Series[str] = pa.Field(description="those that show it, joined by a comma")
    queries: Series[int] = pa.Field(ge=0)
    images: Series[int] = pa.Field(ge=0)
    verified_pairs: Series[int] = pa.Field(ge=0)
    best_inliers: Series[int] = pa.Field(ge=0)
    best_similarity: Series[float] = pa.Field(nullable=True, description="cosine")
    score: Series[float] = pa.Field(ge=0)
    evaluation_name: Series[str] = pa.Field(description="the most similar one, empty for none")
    name_similarity: Series[float] = pa.Field(nullable=True, description="per cent")
    proposed: Series[bool]
    reason: Series[str]


class Verdicts(Table):
    """Decisions of reviewers on candidate landmarks."""

    reviewer: Series[str]
    landmark_id: Series[int]
    verdict: Series[str] = pa.Field(isin=["same", "different", "unsure"])
    note: Series[str]
    file: Series[str]


class OverlapDecisions(Table):
    """Candidate landmarks, removed or not, see `overlap.decisions`."""

    landmark_id: Series[int] = pa.Field(unique=True)
    name: Series[str]
    proposed: Series[bool]
    same: Series[int] = pa.Field(ge=0)
    different: Series[int] = pa.Field(ge=0)
    unsure: Series[int] = pa.Field(ge=0)
    removed: Series[bool]
    status: Series[str] = pa.Field(isin=["automatic", "listed", "agreed", "contradicting", "undecided"])
    reason: Series[str]


class OverlapSummary(Table):
    """Removed landmarks and images by benchmark, see `overlap.summary`."""

    found_by: Series[str] = pa.Field(unique=True)
    queries: Series[int] = pa.Field(ge=0)
    overlapping_queries: Series[int] = pa.Field(ge=0)
    landmarks: Series[int] = pa.Field(ge=0)
    images: Series[int] = pa.Field(ge=0)
