"""What re-ranking may look at."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from dataclasses import dataclass
from functools import cached_property

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.geometry import Geometry
from landmark_retrieval.reranking.offline_diffusion_rows import OfflineDiffusion
from landmark_retrieval.reranking.regions import Regions
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.search.identity import check_ids, ids_fingerprint
from landmark_retrieval.voting.calibration import VoteCalibration
from landmark_retrieval.voting.votes import TrainSet, Votes


@dataclass(frozen=True, eq=False)
class RerankingInputs:
    """Everything a re-ranking step sees beside the ranking; ground truth is not among it.

    Attributes:
        queries: embeddings of the queries.
        index: embeddings of the index.
        query_predictions: predicted landmark of each query.
        index_predictions: predicted landmark of each index image. Training images in the index take their own
            landmark and the score 1 (two-stage paper §3.2, Discussion).

        depth: length of the lists that are asked for, images: 100 for GLD-v2, the whole index for revisited
            benchmarks.
        index_neighbours: exact ranking of the index for its own images (an image is as a rule its own first
            neighbour); searched where it is missing or too short.
        query_votes: who votes on each query.
        index_votes: who votes on each index image.
        calibration: what votes are worth.
        train: who may vote on an image that is not among these.
        geometry: local features of queries and index.
        regions: regional descriptors of queries and index.
        offline_diffusion: rows of the inverse, solved before any query came.

    Raises:
        DataError: lengths or dimensions differ.
    """

    queries: Embeddings
    index: Embeddings
    query_predictions: LabelPrediction
    index_predictions: LabelPrediction
    depth: int = 100
    index_neighbours: Ranking | None = None
    query_votes: Votes | None = None
    index_votes: Votes | None = None
    calibration: VoteCalibration | None = None
    train: TrainSet | None = None
    geometry: Geometry | None = None
    regions: Regions | None = None
    offline_diffusion: OfflineDiffusion | None = None

    def __post_init__(self) -> None:
        if self.queries.dim != self.index.dim:
            raise DataError(
                f"embeddings: queries have {self.queries.dim} columns, the index {self.index.dim}"
            )
        for name, embeddings, described in self._sides():
            if described is not None and len(embeddings) != len(described):
                raise DataError(f"{name}: expected {len(embeddings)}, found {len(described)}")

    def _sides(self) -> Iterator[tuple[str, Embeddings, Sized | None]]:
        yield "query predictions", self.queries, self.query_predictions
        yield "index predictions", self.index, self.index_predictions
        yield "query votes", self.queries, self.query_votes
        yield "index votes", self.index, self.index_votes
        yield "offline diffusion", self.index, self.offline_diffusion
        for name, sides in (("local features", self.geometry), ("regions", self.regions)):
            if sides is not None:
                yield f"query {name}", self.queries, sides.queries
                yield f"index {name}", self.index, sides.index

    @cached_property
    def ids_fingerprint(self) -> str:
        """Fingerprint of the query and index ids."""
        return ids_fingerprint(self.queries.image_ids, self.index.image_ids)

    def neighbours(self, k: int) -> Ranking:
        """The `min(k, n_index)` most similar index images of each index image, itself as a rule among them.

        Equal images may come before an image itself: compare rows, never take column 0 for granted.

        Raises:
            DataError: the neighbours that were given are of another index.
        """
        given = self.index_neighbours
        if given is None or given.depth < min(k, len(self.index)):
            return search(self.index, self.index, k)
        check_ids(given, self.index.image_ids, self.index.image_ids)
        return Ranking(given.positions[:, :k], given.scores[:, :k], given.n_index, given.ids_fingerprint)

    def check(self, ranking: Ranking) -> None:
        """Refuse a ranking of other images.

        Raises:
            DataError: its size or its fingerprint is not that of these inputs.
        """
        check_ids(ranking, self.queries.image_ids, self.index.image_ids, self.ids_fingerprint)
