"""The training set as part of the searched index (two-stage paper §3.2, Discussion)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from landmark_retrieval.arrays import Int64s
from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import UNKNOWN, LabelPrediction
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.reranking.inputs import NeedName, RerankingInputs
from landmark_retrieval.reranking.step import RerankingStep
from landmark_retrieval.search.blocks import BLOCK_ROWS
from landmark_retrieval.voting.known_landmarks import known_landmarks, with_known_landmarks, with_known_votes
from landmark_retrieval.voting.votes import Votes

_QUERIES = 1_024  # sorted at once, so that what is computed on the way stays small


@dataclass(frozen=True, eq=False)
class JoinedInputs(RerankingInputs):
    """Inputs whose index is extended by the training images that are not among it.

    Attributes:
        before: the inputs without the training images.
    """

    before: RerankingInputs = field(kw_only=True)


def join_train(inputs: RerankingInputs) -> JoinedInputs:
    """The inputs with the training images behind the index images.

    Every training image, also one that the index holds already, has its true landmark and the score 1, and
    all votes on it are for that landmark with the cosine 1. Neighbours, local features, regions and rows of
    the diffusion are of the index alone and left out.

    The descriptors of both are copied into one array in memory, in the wider of the two types, block by
    block: 5 GB for GLD-v2 in float16 with 512 columns.

    Raises:
        DataError: there are no training images, or their dimension is another one.
    """
    train = inputs.train
    if train is None:
        raise DataError("add_train_to_index: needs the training images, but none were given")
    if train.embeddings.dim != inputs.index.dim:
        raise DataError(
            f"add_train_to_index: the index has {inputs.index.dim} columns, train {train.embeddings.dim}"
        )
    joining = np.flatnonzero(inputs.index.rows_of(train.embeddings.image_ids.tolist()) < 0)
    known = np.append(known_landmarks(inputs.index.image_ids, train), train.landmark_ids[joining])
    predicted, votes = inputs.index_predictions, inputs.index_votes
    return JoinedInputs(
        inputs.queries,
        _join(inputs.index, train.embeddings, joining),
        inputs.query_predictions,
        None
        if predicted is None
        else with_known_landmarks(_extend_predictions(predicted, len(joining)), known),
        inputs.depth,
        query_votes=inputs.query_votes,
        index_votes=None if votes is None else with_known_votes(_extend_votes(votes, len(joining)), known),
        calibration=inputs.calibration,
        train=train,
        before=inputs,
    )


def _join(index: Embeddings, train: Embeddings, joining: Int64s) -> Embeddings:
    dtype = np.result_type(index.vectors, train.vectors)
    vectors = np.empty((len(index) + len(joining), index.dim), dtype)
    vectors[: len(index)] = index.vectors
    for start in range(0, len(joining), BLOCK_ROWS):
        rows = joining[start : start + BLOCK_ROWS]
        vectors[len(index) + start : len(index) + start + len(rows)] = train.vectors[rows]
    return Embeddings(np.append(index.image_ids, train.image_ids[joining]), vectors)


def _extend_predictions(prediction: LabelPrediction, n: int) -> LabelPrediction:
    return LabelPrediction(
        np.pad(prediction.landmark_ids, (0, n), constant_values=UNKNOWN), np.pad(prediction.scores, (0, n))
    )


def _extend_votes(votes: Votes, n: int) -> Votes:
    behind = ((0, n), (0, 0))
    return Votes(
        np.pad(votes.landmark_ids, behind, constant_values=UNKNOWN),
        np.pad(votes.cosines, behind, constant_values=-np.inf),
    )


def keep_first_rows(ranking: Ranking, n_index: int, depth: int, ids_fingerprint: str) -> Ranking:
    """Lists without the images behind the first `n_index` of the index, in the order they had.

    They are cut after `min(depth, n_index)` images and padded where fewer are left.
    """
    width = min(depth, n_index)
    positions = np.full((ranking.n_queries, width), PADDING, dtype=np.int64)
    scores = np.full((ranking.n_queries, width), -np.inf, dtype=np.float32)
    for start in range(0, ranking.n_queries, _QUERIES):
        chunk = slice(start, start + _QUERIES)
        listed = ranking.positions[chunk]
        absent = (listed == PADDING) | (listed >= n_index)
        order = np.argsort(absent, axis=1, kind="stable")[:, :width]
        columns, gone = slice(order.shape[1]), np.take_along_axis(absent, order, axis=1)
        positions[chunk, columns] = np.where(gone, PADDING, np.take_along_axis(listed, order, axis=1))
        kept = np.take_along_axis(ranking.scores[chunk], order, axis=1)
        scores[chunk, columns] = np.where(gone, -np.inf, kept)
    return Ranking(positions, scores, n_index, ids_fingerprint)


class AddTrainToIndex(RerankingStep):
    """Searches index and training images together; later steps see both as the index.

    The lists hold training images until a step `drop_train`.

    Attributes:
        k: length of the lists, images; None is the requested depth.
    """

    is_search = True

    method: Literal["add_train_to_index"] = "add_train_to_index"
    k: int | None = Field(default=None, gt=0)

    needs: ClassVar[frozenset[NeedName]] = frozenset({"train"})

    changes_inputs: ClassVar[bool] = True

    def run(self, ranking: Ranking | None, inputs: RerankingInputs) -> tuple[Ranking, RerankingInputs]:
        """The `k` most similar images of the extended index; the ranking before does not matter."""
        joined = join_train(inputs)
        return joined.search(self.k), joined

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """The `k` most similar images of the extended index."""
        return self.run(ranking, inputs)[0]


class DropTrain(RerankingStep):
    """Removes the training images from the lists again, as protocols judge index images alone.

    Later steps see what the step `add_train_to_index` saw. The lists reach the requested length only if those
    before held so many index images: search deeper.
    """

    method: Literal["drop_train"] = "drop_train"

    changes_inputs: ClassVar[bool] = True

    def run(self, ranking: Ranking | None, inputs: RerankingInputs) -> tuple[Ranking, RerankingInputs]:
        """The lists without training images, and the inputs without them.

        Raises:
            DataError: the training images were not added.
        """
        if not isinstance(inputs, JoinedInputs):
            raise DataError("drop_train: expected a step add_train_to_index before it")
        before = inputs.before
        kept = keep_first_rows(
            self.require_ranking(ranking), len(before.index), before.depth, before.ids_fingerprint
        )
        return kept, before

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """The lists without training images."""
        return self.run(ranking, inputs)[0]
