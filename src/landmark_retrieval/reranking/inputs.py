"""Inputs of re-ranking, and the artefacts that provide those which only some steps need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.geometry import Geometry
from landmark_retrieval.reranking.offline_diffusion_rows import OfflineDiffusion
from landmark_retrieval.reranking.regions import RegionEmbeddings, Regions
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.search.identity import check_ids, ids_fingerprint
from landmark_retrieval.verification.settings import GeometrySettings
from landmark_retrieval.voting.calibration import LabelCalibration
from landmark_retrieval.voting.tables import read_predictions, read_votes
from landmark_retrieval.voting.votes import TrainSet, Votes, label_train_set

NeedName = Literal[
    "predictions", "votes", "calibration", "train", "neighbours", "geometry", "regions", "offline_diffusion"
]
"""A row of `NEEDS`."""


@dataclass(frozen=True, eq=False)
class RerankingInputs:
    """Everything that a re-ranking step sees beside the ranking; ground truth is not among it.

    Attributes:
        queries: embeddings of the queries.
        index: embeddings of the index.
        query_predictions: predicted landmark of each query.
        index_predictions: predicted landmark of each index image. Training images in the index take their own
            landmark and the score 1 (two-stage paper §3.2, Discussion).
        depth: length of the requested lists, images: 100 for GLD-v2, the whole index for revisited
            benchmarks.
        index_neighbours: exact ranking of the index for its own images (an image is usually its own first
            neighbour); searched where it is missing or too short.
        query_votes: votes of the nearest training images of each query.
        index_votes: votes of the nearest training images of each index image.
        calibration: model of how probable the landmarks near an image are.
        train: training images and their landmarks, for votes on changed queries or as part of the index.
        geometry: local features of queries and index.
        regions: regional descriptors of queries and index.
        offline_diffusion: rows of the inverse, solved before any query came.

    Raises:
        DataError: lengths or dimensions differ.
    """

    queries: Embeddings
    index: Embeddings
    query_predictions: LabelPrediction | None = None
    index_predictions: LabelPrediction | None = None
    depth: int = 100
    index_neighbours: Ranking | None = None
    query_votes: Votes | None = None
    index_votes: Votes | None = None
    calibration: LabelCalibration | None = None
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
        """The `min(k, n_index)` most similar index images of each index image, itself usually among them.

        Equal images may come before an image itself: compare rows, never take column 0 for granted.

        Raises:
            DataError: the neighbours that were given are of another index.
        """
        given = self.index_neighbours
        if given is None or given.depth < min(k, len(self.index)):
            return search(self.index, self.index, k)
        check_ids(given, self.index.image_ids, self.index.image_ids)
        return Ranking(given.positions[:, :k], given.scores[:, :k], given.n_index, given.ids_fingerprint)

    def search(self, k: int | None) -> Ranking:
        """The `k` most similar index images of each query; None is `depth`."""
        return search(self.queries, self.index, k or self.depth, ids_fingerprint=self.ids_fingerprint)

    def check(self, ranking: Ranking) -> None:
        """Raise if the ranking is of other images.

        Raises:
            DataError: its size or its fingerprint is not that of these inputs.
        """
        check_ids(ranking, self.queries.image_ids, self.index.image_ids, self.ids_fingerprint)


@dataclass(frozen=True)
class Need:
    """An input that only some steps read.

    Attributes:
        datasets: catalog name of each artefact it is made of, by argument of `read`. `{model}`, `{voters}`
            (the training set that votes), `{system}` (both), `{benchmark}` and `{solver}` (the ablation that
            solves the rows) stand for names of the run.
        read: from the embeddings of queries and index and from the artefacts to fields of `RerankingInputs`.
    """

    datasets: Mapping[str, str]
    read: Callable[..., dict[str, Any]]

    @property
    def of_labels(self) -> bool:
        """Whether it changes with the training set that votes."""
        return any("{voters}" in name or "{system}" in name for name in self.datasets.values())


def read_inputs(
    queries: Embeddings,
    index: Embeddings,
    depth: int | None,
    needs: Iterable[NeedName],
    artefacts: Mapping[str, Any],
) -> RerankingInputs:
    """The inputs of steps, from the artefacts of a run.

    Args:
        queries: embeddings of the queries.
        index: embeddings of the index.
        depth: length of the requested lists, images; None is the whole index.
        needs: what the steps read, see `needs_of`.
        artefacts: as loaded from the catalog, by argument of the needs' `read`.

    Raises:
        DataError: an artefact is of other images.
    """
    fields: dict[str, Any] = {}
    for need in needs:
        row = NEEDS[need]
        fields |= row.read(queries, index, **{name: artefacts[name] for name in row.datasets})
    return RerankingInputs(queries, index, depth=len(index) if depth is None else depth, **fields)


def _tables(read: Callable[[pd.DataFrame, list[str]], Any]) -> Callable[..., dict[str, Any]]:
    """A reader of the tables `query_…` and `index_…`."""

    def read_both(queries: Embeddings, index: Embeddings, **tables: pd.DataFrame) -> dict[str, Any]:
        images = {name: queries if name.startswith("query") else index for name in tables}
        return {name: read(table, images[name].image_ids.tolist()) for name, table in tables.items()}

    return read_both


def _geometry(
    queries: Embeddings,
    index: Embeddings,
    query_features: LocalFeatureStore,
    index_features: LocalFeatureStore,
    geometry: Any,
) -> dict[str, Any]:
    chosen = GeometrySettings.model_validate(geometry)
    return {"geometry": Geometry(query_features, index_features, chosen.verification, chosen.workers)}


def _regions(
    queries: Embeddings, index: Embeddings, query_regions: RegionEmbeddings, index_regions: RegionEmbeddings
) -> dict[str, Any]:
    return {"regions": Regions(query_regions, index_regions)}


def _both(name: str, scope: str) -> dict[str, str]:
    return {f"{side}_{name}": f"{scope}.{side}_{name}" for side in ("query", "index")}


NEEDS: dict[NeedName, Need] = {
    "predictions": Need(_both("predictions", "{system}.{benchmark}"), _tables(read_predictions)),
    "votes": Need(_both("votes", "{system}.{benchmark}"), _tables(read_votes)),
    "calibration": Need(
        {"calibration": "{system}.calibration"},
        lambda queries, index, calibration: {"calibration": LabelCalibration.model_validate(calibration)},
    ),
    "train": Need(
        {"train": "{model}.{voters}.train_embeddings", "manifest": "{voters}.manifest"},
        lambda queries, index, train, manifest: {"train": label_train_set(train, manifest)},
    ),
    "neighbours": Need(
        {"index_neighbours": "{model}.{benchmark}.index_neighbours"}, lambda queries, index, **found: found
    ),
    "geometry": Need(_both("features", "{benchmark}") | {"geometry": "params:geometry"}, _geometry),
    "regions": Need(_both("regions", "{model}.{benchmark}"), _regions),
    "offline_diffusion": Need(
        {"offline_diffusion": "{model}.{solver}.{benchmark}.offline_diffusion"},
        lambda queries, index, **solved: solved,
    ),
}
"""The one table of what steps may need: where it comes from, and how it is read."""
