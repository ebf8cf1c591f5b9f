"""Benchmarks: the index and queries of a source, with distractors if wanted."""

from __future__ import annotations

from pydantic import Field

from landmark_retrieval.configuration import Settings


class Benchmark(Settings):
    """What is searched and with which queries.

    Attributes:
        source: gives queries, index and ground truth.
        distractors: sources whose index images are appended, which are relevant to no query.
    """

    source: str
    distractors: tuple[str, ...] = Field((), description="sources whose index is appended")
